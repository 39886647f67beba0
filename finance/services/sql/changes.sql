-- What to post so that what is in force becomes what is due. {due} ends in a table of that name; {of_kind} says which
-- payables it is about.
with latest as materialized (
    select distinct on (p.fact_id, p.item, p.occurrence, p.payee_id) p.*
    from finance_payable p
    where p.study_id = %(study)s and p.kind {of_kind} 'RELEASE'
    order by p.fact_id, p.item, p.occurrence, p.payee_id, p.revision desc
),
in_force as materialized (
    select * from latest where revision %% 2 = 1
),
{due},
compared as (
    select d.*, p.id as old_id, coalesce(p.revision, 0) as last_revision,
        p.revision %% 2 = 1 as has_old,
        p.revision %% 2 = 1 and (p.site_id, p.agreement_id, p.occurred_on, p.direct, p.overhead, p.holdback, p.vat,
            p.withholding, p.currency) is not distinct from (d.site_id, d.agreement_id, d.occurred_on, d.direct,
            d.overhead, d.holdback, d.vat, d.withholding, d.currency) as is_same
    from due d
    left join latest p on p.fact_id = d.fact_id and p.item = d.item and p.occurrence = d.occurrence
        and p.payee_id = d.payee_id
),
reversed as (
    select p.*, case when c.fact_id is null then 'GONE' else 'CHANGED' end as why
    from in_force p
    left join compared c on c.old_id = p.id
    where c.fact_id is null or not c.is_same
),
changes as (
    select fact_id, item, occurrence, payee_id, site_id, agreement_id, fee_id, share_id, kind, occurred_on, subject,
        occasion, quantity, source, currency, -direct as direct, -overhead as overhead, -holdback as holdback,
        -vat as vat, -withholding as withholding, revision + 1 as revision, revision as follows_revision, why as cause,
        id as old_id
    from reversed
    union all
    select fact_id, item, occurrence, payee_id, site_id, agreement_id, fee_id, share_id, kind, occurred_on, subject,
        occasion, quantity, source, currency, direct, overhead, holdback, vat, withholding,
        last_revision + case when has_old then 2 else 1 end,
        nullif(last_revision + case when has_old then 1 else 0 end, 0),
        case when has_old then 'CHANGED' else 'EARNED' end, null
    from compared
    where is_same is not true
)

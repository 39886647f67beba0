-- What is due by the facts of a study: one row for each fact, fee line and payee, with all its amounts.
-- {facts} gives the facts, {current} the versions in force today; %(study)s, %(today)s;
-- {minor} says how many decimals a currency has.
facts as (
    select * from ({facts}) f where f.occurred_on <= %(today)s
),
-- Approved versions, each until the next begins; of two from the same day the later holds.
terms as (
    select v.*, a.site_id, a.currency, {minor} as minor,
        lead(v.effective_on) over by_day as ends_on
    from finance_agreementversion v join finance_agreement a on a.id = v.agreement_id
    where a.study_id = %(study)s and v.status = 'APPROVED' and v.effective_on <= %(today)s
    window by_day as (partition by v.agreement_id order by v.effective_on, v.number)
),
enrolled as (
    select site_id, count(distinct subject) as subjects from facts where kind = 'ENROLLED' group by site_id
),
failed as (
    select distinct site_id, subject from facts where kind = 'SCREEN_FAILURE'
),
caps as (
    select t.agreement_id, t.maximum,
        least(t.failures_most,
            t.failures_initial + t.failures_per * (coalesce(e.subjects, 0) / t.per_enrolled)) as failures
    from terms t left join enrolled e on e.site_id = t.site_id
    where t.id in ({current})
),
priced as (
    select f.*, t.agreement_id, t.id as version_id, t.currency, t.minor, t.overhead_percent, t.holdback_percent,
        l.id as fee_id, l.code, l.has_overhead, l.has_holdback, l.is_taxable, l.most, l.most_per_subject,
        round(l.amount * f.quantity, t.minor) as total, c.maximum, c.failures, p.fact_id is not null as posted
    from facts f
    join terms t on t.site_id = f.site_id and f.occurred_on >= t.effective_on
        and (t.ends_on is null or f.occurred_on < t.ends_on)
    join finance_feeline l on l.version_id = t.id and not l.removed and l.trigger = f.kind and l.item in ('', f.item)
    join caps c on c.agreement_id = t.agreement_id
    left join failed x on x.site_id = f.site_id and x.subject = f.subject
    left join (select distinct fact_id, item, agreement_id from in_force) p on p.fact_id = f.fact_id
        and p.item = l.code and p.agreement_id = t.agreement_id
    where not (f.kind = 'VISIT' and t.failure_policy = 'REPLACE' and x.subject is not null)
        and not (f.kind = 'SCREEN_FAILURE' and t.failure_policy = 'VISITS')
),
-- Limits, oldest first; what is posted already is never displaced by something recorded late.
counted as (
    select p.*,
        row_number() over (partition by agreement_id, code order by posted desc, occurred_on, fact_id) as nth,
        case when most_per_subject is null then 0 else
            row_number() over (
                partition by agreement_id, code, subject order by posted desc, occurred_on, fact_id
            ) end as nth_of_subject
    from priced p
),
within_counts as (
    select c.*,
        case when maximum is null then 0 else sum(
            total + case when has_overhead then round(total * overhead_percent / 100, minor) else 0 end
        ) over (partition by agreement_id order by posted desc, occurred_on, fact_id, code) end as so_far
    from counted c
    where (most is null or nth <= most) and (most_per_subject is null or nth_of_subject <= most_per_subject)
        and (kind <> 'SCREEN_FAILURE' or nth <= failures)
),
payees as (
    select *, array_agg(share) filter (where not is_primary) over (partition by version_id) as others
    from finance_payeeshare where study_id = %(study)s and not removed
),
-- Each payee's part is rounded; the primary payee takes what is left.
shared as (
    select w.*, s.id as share_id, s.payee_id, s.vat_code, s.vat_percent,
        case when s.treaty_until >= w.occurred_on then coalesce(s.treaty_percent, s.withholding_percent)
            else s.withholding_percent end as withholding_percent,
        case when not s.is_primary then round(w.total * s.share / 100, w.minor)
            else w.total - (
                select coalesce(sum(round(w.total * part / 100, w.minor)), 0) from unnest(s.others) part
            ) end as direct
    from within_counts w join payees s on s.version_id = w.version_id
    where w.maximum is null or w.so_far <= w.maximum
),
with_overhead as (
    select s.*, case when has_overhead then round(direct * overhead_percent / 100, minor) else 0 end as overhead
    from shared s
),
with_holdback as (
    select o.*,
        case when has_holdback then -round((direct + overhead) * holdback_percent / 100, minor) else 0 end as holdback
    from with_overhead o
),
due as (
    select fact_id, code as item, 1 as occurrence, payee_id, site_id, agreement_id, fee_id, share_id, kind, occurred_on,
        subject, occasion, quantity, source, currency, direct, overhead, holdback,
        case when is_taxable and vat_code = 'STANDARD'
            then round((direct + overhead + holdback) * vat_percent / 100, minor) else 0 end as vat,
        -round((direct + overhead + holdback) * withholding_percent / 100, minor) as withholding
    from with_holdback
)

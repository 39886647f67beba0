-- The holdbacks that are due because their sites are closed: one row for each payable in force that kept one.
facts as (
    select * from ({facts}) f where f.occurred_on <= %(today)s and f.kind = 'SITE_CLOSED'
),
closed as (
    select distinct on (site_id) * from facts order by site_id, occurred_on, fact_id
),
kept as (
    select p.*, f.occurred_on as released_on, f.source as released_by, s.vat_code, s.vat_percent, l.is_taxable,
        {minor} as minor,
        case when s.treaty_until >= f.occurred_on then coalesce(s.treaty_percent, s.withholding_percent)
            else s.withholding_percent end as withholding_percent
    from finance_payable p
    join closed f on f.site_id = p.site_id
    join finance_payeeshare s on s.id = p.share_id
    join finance_feeline l on l.id = p.fee_id
    where p.study_id = %(study)s and p.kind <> 'RELEASE' and p.holdback <> 0 and p.revision %% 2 = 1
        and not exists (
            select from finance_payable n
            where n.fact_id = p.fact_id and n.item = p.item and n.occurrence = p.occurrence
                and n.payee_id = p.payee_id and n.follows_revision = p.revision and n.sponsor_id = p.sponsor_id
        )
),
due as (
    select 'payable/' || id as fact_id, item, 1 as occurrence, payee_id, site_id, agreement_id, fee_id, share_id,
        'RELEASE' as kind, released_on as occurred_on, subject, occasion, quantity, released_by as source, currency,
        0.000 as direct, 0.000 as overhead, -holdback as holdback,
        case when is_taxable and vat_code = 'STANDARD' then round(-holdback * vat_percent / 100, minor) else 0 end
            as vat,
        -round(-holdback * withholding_percent / 100, minor) as withholding
    from kept
)

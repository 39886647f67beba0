-- Posts the changes and, in the same statement, the ledger entries that follow from them.
, posted as (
    insert into finance_payable (
        sponsor_id, study_id, partition, site_id, agreement_id, fee_id, share_id, payee_id, fact_id, item, occurrence,
        revision, follows_revision, kind, cause, occurred_on, subject, occasion, quantity, source, currency, direct,
        overhead, holdback, vat, withholding, net, posted_at)
    select %(sponsor)s, %(study)s, 'BLINDED', site_id, agreement_id, fee_id, share_id, payee_id, fact_id, item,
        occurrence, revision, follows_revision, kind, cause, occurred_on, subject, occasion, quantity, source, currency,
        direct, overhead, holdback, vat, withholding, direct + overhead + holdback + vat + withholding, %(at)s
    from changes
    returning *
),
entered as (
    insert into finance_ledgerentry (sponsor_id, study_id, payable_id, account, amount)
    select p.sponsor_id, p.study_id, p.id, e.account, e.amount
    from posted p cross join lateral (values
        ('DIRECT', p.direct), ('OVERHEAD', p.overhead), ('HOLDBACK', p.holdback), ('VAT', p.vat),
        ('WITHHOLDING', p.withholding), ('OWED', -p.net)) e (account, amount)
    where e.amount <> 0
)
select count(*) filter (where revision %% 2 = 1), count(*) filter (where revision %% 2 = 0) from posted

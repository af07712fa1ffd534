\set one random(1, 1000000000000)
\set network random(1, 1000000000000)
SELECT 1;
SELECT * FROM letter_letter WHERE opens_at <= now() AND slug = 'icc-2020' LIMIT 21;
SELECT * FROM letter_lettertext WHERE letter_id = {letter} ORDER BY language, revision DESC LIMIT 1;
SELECT position FROM signatories_switch WHERE letter_id = {letter} LIMIT 1;
SELECT * FROM signatories_signon WHERE draft = md5('p' || :one)::uuid ORDER BY id ASC LIMIT 1;
SELECT kind, value FROM signatories_allowance WHERE (until IS NULL OR until >= current_date) AND removed_at IS NULL;
SELECT * FROM signatories_limitrule;
INSERT INTO signatories_limit AS counter (key, began_at, kind, hits) VALUES ('pgbench ' || :network, date_bin('1 day'::interval, clock_timestamp(), TIMESTAMPTZ '2000-01-01'), 'mailbox', 1), ('pgbench address', date_bin('1:00:00'::interval, clock_timestamp(), TIMESTAMPTZ '2000-01-01'), 'address', 1), ('pgbench domain', date_bin('1:00:00'::interval, clock_timestamp(), TIMESTAMPTZ '2000-01-01'), 'domain', 1), ('pgbench letter', date_bin('1:00:00'::interval, clock_timestamp(), TIMESTAMPTZ '2000-01-01'), 'letter', 1), ('pgbench network', date_bin('1:00:00'::interval, clock_timestamp(), TIMESTAMPTZ '2000-01-01'), 'network', 1) ON CONFLICT (key, began_at) DO UPDATE SET hits = counter.hits + EXCLUDED.hits RETURNING key, hits;
BEGIN;
SELECT position FROM signatories_switch WHERE letter_id = {letter} LIMIT 1;
SELECT * FROM signatories_signon WHERE state IN ('unconfirmed', 'pending', 'accepted') AND UPPER(email::text) = UPPER('p' || :one || '@example.org') AND letter_id = {letter} AND name_key = 'justice' || :one ORDER BY id ASC LIMIT 1;
SAVEPOINT one;
SAVEPOINT two;
INSERT INTO signatories_signon (letter_id, text_id, source, language, state, state_since, created_at, name_as_signed, acronym, country, website, name_key, name_normalised, representative_name, representative_role, email, declaration, declaration_version, email_says, network_key, draft, organisation_id, listed_name, listed_acronym, listed_country, listed_website, sort_key) SELECT {letter}, max(id), 'form', 'en', 'unconfirmed', now(), now(), 'Justice Sans Frontières ' || :one, 'JSF', 'FR', 'https://www.example.org/', 'justice' || :one, 'justice ' || :one, 'Amina Diallo', 'Director', 'p' || :one || '@example.org', '{declaration}', '1', 'own', md5(:network::text), md5('p' || :one)::uuid, NULL, '', '', '', '', '' FROM letter_lettertext WHERE letter_id = {letter} RETURNING id AS made \gset
INSERT INTO signatories_transition (sign_on_id, verb, from_state, to_state, who, user_id, reason, note, at) VALUES (:made, 'sign', '', 'unconfirmed', 'representative', NULL, '', '', now()) RETURNING id;
INSERT INTO signatories_message (sign_on_id, kind, language, recipient, subject, text, html, state, is_decision, created_at, send_after, sent_at, attempts, last_error, sender, reply_to, attachment_name) VALUES (:made, 'confirm', 'en-gb', 'p' || :one || '@example.org', 'Please confirm', '{message}', '{html}', 'queued', false, now(), now(), NULL, 0, '', '', '', '') RETURNING id AS message \gset
SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[ROW('mail', 'deliver_message', 0, NULL, NULL, '{"message_id": 1}'::jsonb, now())::procrastinate_job_to_defer_v1])) AS id;
RELEASE SAVEPOINT two;
RELEASE SAVEPOINT one;
COMMIT;

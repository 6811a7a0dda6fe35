-- depends: 0501_provider_news
-- Parked jobs are found without reading the queue.
CREATE INDEX pgqueuer_parked ON pgqueuer (id) WHERE status = 'failed';

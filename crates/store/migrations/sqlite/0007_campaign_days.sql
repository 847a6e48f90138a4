-- What happened in a campaign on one day.
CREATE TABLE campaign_days (
    project_id TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    format INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    day TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX campaign_days_campaign ON campaign_days (project_id, campaign_id, day, id);

//! Every document that a Dagster webserver is sent (checked on 1.13.27), and the fragments that they share.
//!
//! Lean on purpose: one field that is null against the schema makes a whole answer null, and `stats` or `stepStats` in a list are asked one run at
//! a time by the server.

macro_rules! errors {
    () => {
        "fragment E on Error{message ...on PythonError{stack causes{message}}}"
    };
}

macro_rules! row {
    () => {
        "fragment R on Run{runId status jobName creationTime startTime endTime updateTime rootRunId parentRunId tags{key value}}"
    };
}

macro_rules! steps {
    () => {
        "fragment S on Run{stepKeysToExecute stepStats{stepKey status startTime endTime attempts{startTime endTime}markers{startTime}}executionPlan{steps{key inputs{dependsOn{key}}}}}"
    };
}

/// What every event has, and the error of those that have one.
macro_rules! lean {
    () => {
        "fragment L on EventConnection{cursor hasMore events{__typename ...on MessageEvent{timestamp level stepKey message eventType}...on ErrorEvent{error{message causes{message}}}}}"
    };
}

/// What the kinds of events have beyond it.
macro_rules! full {
    () => {
        "fragment L on EventConnection{cursor hasMore events{__typename ...on MessageEvent{timestamp level stepKey message eventType}...on ErrorEvent{error{className message stack causes{className message stack}}}...on DisplayableEvent{label description metadataEntries{...M}}...on ExecutionStepFailureEvent{errorSource failureMetadata{metadataEntries{...M}}}...on ExecutionStepOutputEvent{outputName}...on ExecutionStepInputEvent{inputName}...on ExecutionStepUpForRetryEvent{secondsToWait}...on MaterializationEvent{assetKey{path}partition}...on ObservationEvent{assetKey{path}partition}...on FailedToMaterializeEvent{assetKey{path}partition}...on AssetMaterializationPlannedEvent{assetKey{path}}...on AssetCheckEvaluationPlannedEvent{checkedAsset:assetKey{path}checkName}...on AssetCheckEvaluationEvent{evaluation{assetKey{path}checkName success severity description metadataEntries{...M}}}...on LogsCapturedEvent{fileKey stepKeys pid externalUrl}}}fragment M on MetadataEntry{__typename label description ...on TextMetadataEntry{text}...on MarkdownMetadataEntry{mdStr}...on UrlMetadataEntry{url}...on PathMetadataEntry{path}...on JsonMetadataEntry{jsonString}...on IntMetadataEntry{intRepr}...on FloatMetadataEntry{floatValue}...on BoolMetadataEntry{boolValue}...on TimestampMetadataEntry{timestamp}...on AssetMetadataEntry{asset:assetKey{path}}...on PipelineRunMetadataEntry{runId}...on JobMetadataEntry{jobName}}"
    };
}

pub(super) const INFO: &str = concat!(
    "{version permissions{permission value}instance{daemonHealth{allDaemonStatuses{daemonType required healthy lastHeartbeatErrors{message}}}}workspaceOrError{__typename ...on Workspace{locationEntries{name locationOrLoadError{__typename ...E}}}...E}}",
    errors!()
);

/// The server's clock is told by the head of any answer.
pub(super) const CLOCK: &str = "{version}";

pub(super) const RUNS: &str = concat!(
    "query($f:RunsFilter,$l:Int!,$c:String){runsOrError(filter:$f,limit:$l,cursor:$c){__typename ...on Runs{count results{...R}}...E}}",
    row!(),
    errors!()
);

/// Runs that changed, and how many there are in all: fewer than before tells of deleted ones.
pub(super) const CHANGES: &str = concat!(
    "query($f:RunsFilter,$l:Int!,$c:String){runsOrError(filter:$f,limit:$l,cursor:$c){__typename ...on Runs{results{...R}}...E}all:runsOrError(limit:1){...on Runs{count}}}",
    row!(),
    errors!()
);

pub(super) const RUN: &str = concat!(
    "query($r:ID!){runOrError(runId:$r){__typename ...on Run{...R stepKeysToExecute stats{...on RunStatsSnapshot{stepsSucceeded stepsFailed}}}...E}}",
    row!(),
    errors!()
);

pub(super) const STEPS: &str = concat!(
    "query($r:ID!){runOrError(runId:$r){__typename ...R ...S ...E}}",
    row!(),
    steps!(),
    errors!()
);

pub(super) const STATS: &str = concat!(
    "query($r:ID!){runOrError(runId:$r){__typename ...on Run{...R ...S stats{__typename ...on RunStatsSnapshot{enqueuedTime launchTime startTime endTime}}}...E}}",
    row!(),
    steps!(),
    errors!()
);

pub(super) const RAW: &str = concat!(
    "query($r:ID!){runOrError(runId:$r){__typename ...on Run{...R ...S mode canTerminate hasReExecutePermission hasTerminatePermission hasDeletePermission pipelineSnapshotId parentPipelineSnapshotId resolvedOpSelection assetSelection{path}assetCheckSelection{name assetKey{path}}assets{key{path}}assetChecks{name assetKey{path}}repositoryOrigin{repositoryName repositoryLocationName}runConfigYaml}...E}}",
    row!(),
    steps!(),
    errors!()
);

pub(super) const FAMILY: &str = concat!(
    "query($r:ID!){runOrError(runId:$r){__typename ...R ...E}runGroupOrError(runId:$r){__typename ...on RunGroup{rootRunId runs{...R}}...E}}",
    row!(),
    errors!()
);

macro_rules! events {
    () => {
        "query($r:ID!,$c:String,$l:Int!){logsForRun(runId:$r,afterCursor:$c,limit:$l){__typename ...L ...E}}"
    };
}

pub(super) const EVENTS_LEAN: &str = concat!(events!(), lean!(), errors!());
pub(super) const EVENTS_FULL: &str = concat!(events!(), full!(), errors!());

/// Enough to count what became of assets and checks.
pub(super) const EVENTS_COUNT: &str = concat!(
    events!(),
    "fragment L on EventConnection{cursor hasMore events{__typename ...on AssetCheckEvaluationEvent{evaluation{success}}}}",
    errors!()
);

/// Only where processes put their output.
pub(super) const EVENTS_FILES: &str = concat!(
    events!(),
    "fragment L on EventConnection{cursor hasMore events{__typename ...on LogsCapturedEvent{fileKey stepKeys}}}",
    errors!()
);

/// A run, its steps and its next events in one answer.
pub(super) const NEWS: &str = concat!(
    "query($r:ID!,$c:String,$l:Int!){runOrError(runId:$r){__typename ...R ...S ...E}logsForRun(runId:$r,afterCursor:$c,limit:$l){__typename ...L ...E}}",
    row!(),
    steps!(),
    full!(),
    errors!()
);

/// The same when the server breaks at one of the events' own fields.
pub(super) const NEWS_LEAN: &str = concat!(
    "query($r:ID!,$c:String,$l:Int!){runOrError(runId:$r){__typename ...R ...S ...E}logsForRun(runId:$r,afterCursor:$c,limit:$l){__typename ...L ...E}}",
    row!(),
    steps!(),
    lean!(),
    errors!()
);

/// A piece of what one process wrote; `limit` counts bytes of each of the two.
pub(super) const CAPTURED: &str = "query($k:[String!]!,$c:String,$l:Int!){capturedLogs(logKey:$k,cursor:$c,limit:$l){stdout stderr cursor}}";

pub(super) const TERMINATE: &str = concat!(
    "mutation($r:String!,$p:TerminateRunPolicy){terminateRun(runId:$r,terminatePolicy:$p){__typename ...on TerminateRunSuccess{run{...R}}...on TerminateRunFailure{message}...E}}",
    row!(),
    errors!()
);

pub(super) const DELETE: &str = concat!(
    "mutation($r:String!){deleteRun(runId:$r){__typename ...on DeletePipelineRunSuccess{runId}...E}}",
    errors!()
);

pub(super) const REEXECUTE: &str = concat!(
    "mutation($p:ReexecutionParams){launchRunReexecution(reexecutionParams:$p){__typename ...on LaunchRunSuccess{run{...R}}...on RunConfigValidationInvalid{errors{message}}...E}}",
    row!(),
    errors!()
);

/// All of them by name, for tests that ask a server's own schema about each.
pub const ALL: [(&str, &str); 19] = [
    ("info", INFO),
    ("clock", CLOCK),
    ("runs", RUNS),
    ("changes", CHANGES),
    ("run", RUN),
    ("steps", STEPS),
    ("stats", STATS),
    ("raw", RAW),
    ("family", FAMILY),
    ("events-lean", EVENTS_LEAN),
    ("events-full", EVENTS_FULL),
    ("events-count", EVENTS_COUNT),
    ("events-files", EVENTS_FILES),
    ("news", NEWS),
    ("news-lean", NEWS_LEAN),
    ("captured", CAPTURED),
    ("terminate", TERMINATE),
    ("delete", DELETE),
    ("reexecute", REEXECUTE),
];

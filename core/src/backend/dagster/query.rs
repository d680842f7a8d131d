//! Every document that a Dagster webserver is sent (checked on 1.13.27), and the fragments that they share.
//!
//! Lean on purpose: one field that is null against the schema makes a whole answer null, and `stats` or `stepStats` in a list are asked one run at
//! a time by the server. A document stands here without the fragments that it names; [`whole`] puts them behind it.

/// No fragment: where a server knows no tables, nobody would use it, and that is an error too.
macro_rules! columns {
    () => {
        "schema{constraints{other}columns{name type description constraints{nullable unique other}tags{key value}}}"
    };
}

/// Fragments by the words that name them. One that names another stands before it.
const FRAGMENTS: [(&str, &str); 17] = [
    (
        "...S",
        "fragment S on Run{stepKeysToExecute ...K executionPlan{steps{key inputs{dependsOn{key}}}}}",
    ),
    // What the server counted of each step.
    (
        "...K",
        "fragment K on Run{stepStats{stepKey status startTime endTime attempts{startTime endTime}markers{startTime}}}",
    ),
    (
        "...T",
        "fragment T on Run{stats{__typename ...on RunStatsSnapshot{stepsSucceeded stepsFailed enqueuedTime launchTime}}}",
    ),
    (
        "...I",
        "fragment I on Run{mode runConfigYaml resolvedOpSelection assetSelection{path}assetCheckSelection{name assetKey{path}}repositoryOrigin{repositoryName repositoryLocationName}canTerminate hasReExecutePermission hasTerminatePermission hasDeletePermission}",
    ),
    // What can be re-executed is what was: the same part of the job with the same config.
    (
        "...O",
        "fragment O on Run{mode runConfigYaml solidSelection assetSelection{path}assetCheckSelection{name assetKey{path}}repositoryOrigin{repositoryName repositoryLocationName}}",
    ),
    // A part of a job has a snapshot of its own, whose parent is that of the job.
    (
        "...G",
        "fragment G on Run{...R pipelineSnapshotId parentPipelineSnapshotId}",
    ),
    // A row of the list, with what may be done to it.
    (
        "...V",
        "fragment V on Run{...R hasReExecutePermission hasTerminatePermission hasDeletePermission}",
    ),
    (
        "...R",
        "fragment R on Run{runId status jobName creationTime startTime endTime updateTime rootRunId parentRunId tags{key value}}",
    ),
    // All that the kinds of events have.
    (
        "...F",
        "fragment F on EventConnection{cursor hasMore events{...N ...A ...on ErrorEvent{error{className message stack causes{className message stack}}}...D ...on MarkerEvent{markerStart markerEnd}...on RunEvent{pipelineName}...on MaterializationEvent{tags{key value}assetLineage{assetKey{path}partitions}}...on ObservationEvent{tags{key value}}...on HealthChangedEvent{assetKey{path}partition tags{key value}}...on ExecutionStepFailureEvent{errorSource failureMetadata{...D}}...on ExecutionStepOutputEvent{outputName typeCheck{success ...D}}...on ExecutionStepInputEvent{inputName typeCheck{success ...D}}...on HandledOutputEvent{outputName managerKey}...on LoadedInputEvent{inputName managerKey upstreamStepKey upstreamOutputName}...on ObjectStoreOperationEvent{operationResult{op ...D}}...on StepExpectationResultEvent{expectationResult{success ...D}}...on FailedToMaterializeEvent{materializationFailureReason materializationFailureType tags{key value}}...on ExecutionStepUpForRetryEvent{secondsToWait}...on AssetCheckEvaluationEvent{evaluation{severity description metadataEntries{...M}...on AssetCheckEvaluation{partition targetMaterialization{runId timestamp}}}}...on LogsCapturedEvent{fileKey logKey stepKeys pid externalUrl externalStdoutUrl externalStderrUrl shellCmd{stdout stderr}}}}",
    ),
    (
        "...D",
        "fragment D on DisplayableEvent{label description metadataEntries{...M}}",
    ),
    (
        "...M",
        concat!(
            "fragment M on MetadataEntry{__typename label description ...on TextMetadataEntry{text}...on MarkdownMetadataEntry{mdStr}...on UrlMetadataEntry{url}...on PathMetadataEntry{path}...on JsonMetadataEntry{jsonString}...on IntMetadataEntry{intRepr}...on FloatMetadataEntry{floatValue}...on BoolMetadataEntry{boolValue}...on TimestampMetadataEntry{timestamp}...on AssetMetadataEntry{asset:assetKey{path}}...on PipelineRunMetadataEntry{runId}...on JobMetadataEntry{jobName}...on TableMetadataEntry{table{records ",
            columns!(),
            "}}...on TableSchemaMetadataEntry{",
            columns!(),
            "}...on TableColumnLineageMetadataEntry{lineage{columnName columnDeps{columnName assetKey{path}}}}...on NotebookMetadataEntry{path}...on PythonArtifactMetadataEntry{module name}...on CodeReferencesMetadataEntry{codeReferences{__typename ...on LocalFileCodeReference{filePath lineNumber label}...on UrlCodeReference{url label}}}...on PoolMetadataEntry{pool}}"
        ),
    ),
    (
        "...P",
        "fragment P on EventConnection{cursor hasMore events{...N ...A ...on ErrorEvent{error{message causes{message}}}}}",
    ),
    // What became of assets and checks.
    (
        "...A",
        "fragment A on DagsterRunEvent{__typename ...on MessageEvent{stepKey eventType}...on MaterializationEvent{assetKey{path}partition}...on ObservationEvent{assetKey{path}partition}...on FailedToMaterializeEvent{assetKey{path}partition}...on AssetMaterializationPlannedEvent{assetKey{path}}...on AssetCheckEvaluationPlannedEvent{checkedAsset:assetKey{path}checkName}...on AssetCheckEvaluationEvent{evaluation{assetKey{path}checkName success severity description}}}",
    ),
    (
        "...L",
        "fragment L on EventConnection{cursor hasMore events{...N ...on ErrorEvent{error{message causes{message}}}}}",
    ),
    // What every event has.
    (
        "...N",
        "fragment N on DagsterRunEvent{__typename ...on MessageEvent{timestamp level stepKey message eventType}}",
    ),
    (
        "...B",
        "fragment B on PartitionBackfill{id status numPartitions timestamp endTimestamp title jobName assetSelection{path}partitionStatusCounts{runStatus count}error{message}}",
    ),
    (
        "...E",
        "fragment E on Error{message ...on PythonError{stack causes{message}}}",
    ),
];

/// The document with the fragments that it names.
pub(super) fn whole(document: &str) -> String {
    let mut text = document.to_string();
    for (name, fragment) in FRAGMENTS {
        let names = |part: &str| !part.starts_with(|next: char| next.is_ascii_alphanumeric());
        if text.split(name).skip(1).any(names) {
            text.push_str(fragment);
        }
    }
    text
}

pub(super) const INFO: &str = "{version permissions{permission value disabledReason}instance{daemonHealth{allDaemonStatuses{daemonType required healthy lastHeartbeatTime lastHeartbeatErrors{message}}}}workspaceOrError{__typename ...on Workspace{locationEntries{name loadStatus updatedTimestamp permissions{permission value}locationOrLoadError{__typename ...E}}}...E}}";

/// The server's clock is told by the head of any answer.
pub(super) const CLOCK: &str = "{version}";

pub(super) const IDS: &str = "query($l:Int!,$c:String){runIdsOrError(limit:$l,cursor:$c){__typename ...on RunIds{results}...E}}";

/// Runs that changed, and how many there are in all: fewer than before tells of deleted ones.
pub(super) const CHANGES: &str = "query($f:RunsFilter,$l:Int!,$c:String){runsOrError(filter:$f,limit:$l,cursor:$c){__typename ...on Runs{results{...V}}...E}all:runsOrError(limit:1){...on Runs{count}}}";

/// A run with all that its page shows at first: its steps, its family, and its events where they are few.
pub(super) const PAGE: &str = "query($r:ID!){runOrError(runId:$r){__typename ...R ...S ...T ...I ...E}runGroupOrError(runId:$r){__typename ...on RunGroup{rootRunId runs{...G}}...E}logsForRun(runId:$r,limit:250){__typename ...P ...E}}";

/// The same without events, where the server breaks at one of them.
pub(super) const PAGE_ALONE: &str = "query($r:ID!){runOrError(runId:$r){__typename ...R ...S ...T ...I ...E}runGroupOrError(runId:$r){__typename ...on RunGroup{rootRunId runs{...G}}...E}}";

/// The run itself.
pub(super) const RUN: &str = "query($r:ID!){runOrError(runId:$r){__typename ...R ...O ...E}}";

/// What steps of a job's runs took.
pub(super) const EARLIER: &str = "query($f:RunsFilter,$l:Int!){runsOrError(filter:$f,limit:$l){__typename ...on Runs{results{runId ...K}}...E}}";

pub(super) const RAW: &str = "query($r:ID!){runOrError(runId:$r){__typename ...R ...S ...on Run{mode canTerminate hasReExecutePermission hasTerminatePermission hasDeletePermission pipelineSnapshotId parentPipelineSnapshotId resolvedOpSelection assetSelection{path}assetCheckSelection{name assetKey{path}}assets{key{path}}assetChecks{name assetKey{path}}repositoryOrigin{repositoryName repositoryLocationName}runConfigYaml}...E}}";

macro_rules! events {
    ($fields:literal) => {
        concat!("query($r:ID!,$c:String,$l:Int!){logsForRun(runId:$r,afterCursor:$c,limit:$l){__typename ...", $fields, " ...E}}")
    };
}

pub(super) const EVENTS_LEAN: &str = events!("L");
pub(super) const EVENTS: &str = events!("P");
/// Of one that is looked at.
pub(super) const EVENTS_FULL: &str = events!("F");

/// What became of assets and checks.
pub(super) const EVENTS_ASSETS: &str = events!("on EventConnection{cursor hasMore events{...A}}");

/// Only where processes put their output.
pub(super) const EVENTS_FILES: &str = events!(
    "on EventConnection{cursor hasMore events{__typename ...on LogsCapturedEvent{fileKey stepKeys}}}"
);

/// A run, its steps and its next events in one answer.
pub(super) const NEWS: &str = "query($r:ID!,$c:String,$l:Int!){runOrError(runId:$r){__typename ...R ...S ...E}logsForRun(runId:$r,afterCursor:$c,limit:$l){__typename ...P ...E}}";

/// The same when the server breaks at one of the events' own fields.
pub(super) const NEWS_LEAN: &str = "query($r:ID!,$c:String,$l:Int!){runOrError(runId:$r){__typename ...R ...S ...E}logsForRun(runId:$r,afterCursor:$c,limit:$l){__typename ...L ...E}}";

/// How a run and its steps stand.
pub(super) const STATE: &str = "query($r:ID!){runOrError(runId:$r){__typename ...R ...S ...E}}";

/// New events of a run, pushed.
pub(super) const LIVE: &str = "subscription($r:ID!,$c:String){pipelineRunLogs(runId:$r,cursor:$c){__typename ...on PipelineRunLogsSubscriptionSuccess{hasMorePastEvents cursor events:messages{...N ...A ...on ErrorEvent{error{message causes{message}}}}}...on PipelineRunLogsSubscriptionFailure{message}}}";

pub(super) const TERMINATE: &str = "mutation($r:String!,$p:TerminateRunPolicy){terminateRun(runId:$r,terminatePolicy:$p){__typename ...on TerminateRunSuccess{run{...R}}...on TerminateRunFailure{message}...E}}";

pub(super) const DELETE: &str = "mutation($r:String!){deleteRun(runId:$r){__typename ...on DeletePipelineRunSuccess{runId}...E}}";

macro_rules! launch {
    ($head:literal, $field:literal) => {
        concat!($head, $field, "{__typename ...on LaunchRunSuccess{run{...R}}...on RunConfigValidationInvalid{errors{message}}...E}}")
    };
}

/// By strategy: Dagster finds out what is to run.
pub(super) const REEXECUTE: &str = launch!(
    "mutation($p:ReexecutionParams){launchRunReexecution(",
    "reexecutionParams:$p)"
);

/// With steps or a config of the user's own.
pub(super) const REEXECUTE_SO: &str = launch!(
    "mutation($p:ExecutionParams){launchRunReexecution(",
    "executionParams:$p)"
);

pub(super) const LAUNCH: &str = launch!(
    "mutation($p:ExecutionParams!){launchRun(",
    "executionParams:$p)"
);

/// The jobs that there are, and where.
pub(super) const JOBS: &str = "{workspaceOrError{__typename ...on Workspace{locationEntries{name locationOrLoadError{__typename ...on RepositoryLocation{repositories{name jobs{name}}}}}}...E}}";

/// What a partition of a job is launched with.
pub(super) const PARTITION: &str = "query($s:PipelineSelector!,$k:String!){pipelineOrError(params:$s){__typename ...on Pipeline{partitionKeysOrError{__typename ...on PartitionKeys{partitionKeys}}partition(partitionName:$k){runConfigOrError{__typename ...on PartitionRunConfig{yaml}...E}tagsOrError{__typename ...on PartitionTags{results{key value}}...E}}}...E}}";

pub(super) const PARTITIONS: &str = "query($s:PipelineSelector!){pipelineOrError(params:$s){__typename ...on Pipeline{partitionKeysOrError{__typename ...on PartitionKeys{partitionKeys}}}...E}}";

pub(super) const TAG_KEYS: &str = "{runTagKeysOrError{__typename ...on RunTagKeys{keys}...E}}";

pub(super) const TAG_VALUES: &str = "query($k:[String!],$v:String){runTagsOrError(tagKeys:$k,valuePrefix:$v,limit:100){__typename ...on RunTags{tags{values}}...E}}";

/// Which checks of an asset keep what stands behind it from running.
pub(super) const CHECKS: &str = "query($k:AssetKeyInput!){assetNodeOrError(assetKey:$k){...on AssetNode{assetChecksOrError{...on AssetChecks{checks{name blocking}}}}}}";

pub(super) const BACKFILLS: &str = "query($l:Int!){partitionBackfillsOrError(limit:$l){__typename ...on PartitionBackfills{results{...B}}...E}}";

/// Asks whether there is an event behind each of some cursors.
pub(super) fn probe(points: &[(u64, String)], with_run: bool) -> String {
    let mut text = String::from("query($r:ID!){");
    if with_run {
        text.push_str("runOrError(runId:$r){...on Run{startTime endTime}}");
    }
    for (point, cursor) in points {
        let point = point.to_string();
        text.extend([
            "p",
            &point,
            ":logsForRun(runId:$r,afterCursor:\"",
            cursor,
            "\",limit:1){__typename ...on EventConnection{cursor events{...on MessageEvent{timestamp}}}...on Error{message}}",
        ]);
    }
    text.push('}');
    text
}

/// What the page at a place in a document of several is called.
pub(super) fn name(place: usize) -> String {
    ["a", &place.to_string()].concat()
}

/// Asks for several pages of events at once: behind a cursor (empty: from the beginning) so many.
pub(super) fn pages(points: &[(String, u64)]) -> String {
    let mut text = String::from("query($r:ID!){");
    for (place, (cursor, limit)) in points.iter().enumerate() {
        let quote = if cursor.is_empty() { "" } else { "\"" };
        let cursor = if cursor.is_empty() { "null" } else { cursor };
        text.extend([
            &name(place),
            ":logsForRun(runId:$r,afterCursor:",
            quote,
            cursor,
            quote,
            ",limit:",
            &limit.to_string(),
        ]);
        text.push_str("){__typename ...P ...E}");
    }
    text.push('}');
    text
}

/// Asks for the runs of several filters at once, `$f0`, `$f1` and so on, each from its own cursor on; without `rows` only how many they are.
pub(super) fn lanes(count: usize, rows: bool) -> String {
    let (mut head, mut body) = (String::from("query($l:Int"), String::new());
    for lane in 0..count {
        let n = lane.to_string();
        head.extend([",$f", &n, ":RunsFilter,$c", &n, ":String"]);
        body.extend([
            "a",
            &n,
            ":runsOrError(filter:$f",
            &n,
            ",limit:$l,cursor:$c",
            &n,
        ]);
        body.push_str("){__typename ...on Runs{count");
        body.push_str(if rows {
            " results{...V}}...E}"
        } else {
            "}...E}"
        });
    }
    [&head, "){", &body, "}"].concat()
}

/// Asks for a piece of what each of several processes wrote, `$k0`, `$k1` and so on, from its own cursor on; `$l` counts bytes of each of the two streams.
pub(super) fn captured(count: usize) -> String {
    let (mut head, mut body) = (String::from("query($l:Int!"), String::new());
    for process in 0..count {
        let n = process.to_string();
        head.extend([",$k", &n, ":[String!]!,$c", &n, ":String"]);
        body.extend(["a", &n, ":capturedLogs(logKey:$k", &n, ",cursor:$c", &n]);
        body.push_str(",limit:$l){stdout stderr cursor}");
    }
    [&head, "){", &body, "}"].concat()
}

/// Asks for the figures of several runs at once.
pub(super) fn figures(count: usize) -> String {
    let (mut head, mut body) = (String::from("query("), String::new());
    for run in 0..count {
        let n = run.to_string();
        head.extend(["$r", &n, ":ID!"]);
        body.extend(["a", &n, ":runOrError(runId:$r", &n]);
        body.push_str("){...on Run{runId stepKeysToExecute stats{...on RunStatsSnapshot{stepsSucceeded stepsFailed materializations}}}}");
    }
    [&head, "){", &body, "}"].concat()
}

/// Asks for several backfills at once, `$b0`, `$b1` and so on.
pub(super) fn named_backfills(count: usize) -> String {
    let (mut head, mut body) = (String::from("query("), String::new());
    for place in 0..count {
        let n = place.to_string();
        head.extend(["$b", &n, ":String!"]);
        body.extend(["a", &n, ":partitionBackfillOrError(backfillId:$b", &n]);
        body.push_str("){__typename ...B}");
    }
    [&head, "){", &body, "}"].concat()
}

/// All of them by name, for tests that hold each against a server's schema.
pub fn all() -> Vec<(&'static str, String)> {
    let mut all: Vec<(&'static str, String)> = [
        ("info", INFO),
        ("clock", CLOCK),
        ("changes", CHANGES),
        ("ids", IDS),
        ("page", PAGE),
        ("page-alone", PAGE_ALONE),
        ("run", RUN),
        ("earlier", EARLIER),
        ("raw", RAW),
        ("events-lean", EVENTS_LEAN),
        ("events", EVENTS),
        ("events-full", EVENTS_FULL),
        ("events-assets", EVENTS_ASSETS),
        ("events-files", EVENTS_FILES),
        ("news", NEWS),
        ("news-lean", NEWS_LEAN),
        ("state", STATE),
        ("live", LIVE),
        ("terminate", TERMINATE),
        ("delete", DELETE),
        ("reexecute", REEXECUTE),
        ("reexecute-so", REEXECUTE_SO),
        ("launch", LAUNCH),
        ("jobs", JOBS),
        ("partition", PARTITION),
        ("partitions", PARTITIONS),
        ("tag-keys", TAG_KEYS),
        ("tag-values", TAG_VALUES),
        ("checks", CHECKS),
        ("backfills", BACKFILLS),
    ]
    .into_iter()
    .map(|(name, document)| (name, whole(document)))
    .collect();
    let points = [(0, String::new()), (1, "eyJ0".into())];
    all.push(("probe", whole(&probe(&points, true))));
    let points = [(String::new(), 1000), ("eyJ0".into(), 7)];
    all.push(("pages", whole(&pages(&points))));
    all.push(("lanes", whole(&lanes(2, true))));
    all.push(("counts", whole(&lanes(2, false))));
    all.push(("captured", captured(2)));
    all.push(("figures", whole(&figures(2))));
    all.push(("named-backfills", whole(&named_backfills(2))));
    all
}

//! Why a step is planned as it is, and what to know before anybody agrees, each as a stable word and as a sentence.

/// Why a step is skipped, tried again, run or blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    PreviousSuccess,
    PreviousFailure,
    /// It was at work when the run ended.
    Interrupted,
    /// The history has no word about it.
    NoHistory,
    /// It has not begun.
    NotStarted,
    /// Its status is a word that nobody knows.
    UnknownStatus,
    /// Neither a success nor a failure to the command line, which then takes it for done.
    StatusNotFailed,
    /// Neither a success nor a failure to the command line, which then runs it.
    StatusNotSuccess,
    /// It was skipped, by the run itself.
    Skipped,
    UserSkip,
    /// It is not among what is to run.
    NotSelected,
    /// It succeeded, and is run again with what it needs.
    RunAgain,
    /// It needs a step that is not there any more.
    MissingDependency,
    /// It needs a step that will not have succeeded.
    DependencyNotSatisfied,
    /// Recorded: the step around it begins anew and runs it.
    AroundAgain,
    /// Recorded: it succeeded, and the step around it begins anew and passes over it.
    PassedOver,
    /// Recorded: it succeeded, and the step around it begins anew and cannot pass over it.
    NotPassedOver,
    /// Recorded: it has not begun, and a step that begins anew may come to it.
    MayCome,
    /// Recorded: the run has not ended.
    RunGoesOn,
    /// Recorded: nobody wrote down its command.
    NoCommand,
    /// Recorded: its command was not written down word for word.
    Inexact,
    /// Recorded: the folder that it ran in is not there.
    NoFolder,
}

impl Reason {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Reason::PreviousSuccess => "previous_success",
            Reason::PreviousFailure => "previous_failure",
            Reason::Interrupted => "interrupted",
            Reason::NoHistory => "no_history",
            Reason::NotStarted => "not_started",
            Reason::UnknownStatus => "unknown_status",
            Reason::StatusNotFailed => "status_not_failed",
            Reason::StatusNotSuccess => "status_not_success",
            Reason::Skipped => "skipped",
            Reason::UserSkip => "user_skip",
            Reason::NotSelected => "not_selected",
            Reason::RunAgain => "run_again",
            Reason::MissingDependency => "missing_dependency",
            Reason::DependencyNotSatisfied => "dependency_not_satisfied",
            Reason::AroundAgain => "around_again",
            Reason::PassedOver => "passed_over",
            Reason::NotPassedOver => "not_passed_over",
            Reason::MayCome => "may_come",
            Reason::RunGoesOn => "run_goes_on",
            Reason::NoCommand => "no_command",
            Reason::Inexact => "inexact_command",
            Reason::NoFolder => "no_folder",
        }
    }

    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Reason::PreviousSuccess => "it succeeded",
            Reason::PreviousFailure => "it failed",
            Reason::Interrupted => "it was interrupted",
            Reason::NoHistory | Reason::NotStarted => "it never ran",
            Reason::UnknownStatus => "nobody knows what its status means",
            Reason::StatusNotFailed => "its status is not a failure, so it is taken for done",
            Reason::StatusNotSuccess => "its status is not a success",
            Reason::Skipped => "it was skipped",
            Reason::UserSkip => "you skip it",
            Reason::NotSelected => "it is not among what is to run",
            Reason::RunAgain => "it succeeded, and it or something that it needs is to run again",
            Reason::MissingDependency => "it needs something that is not there",
            Reason::DependencyNotSatisfied => "something that it needs will not have succeeded",
            Reason::AroundAgain => "what it stands in begins anew and runs it",
            Reason::PassedOver => "it succeeded, and what it stands in passes over it",
            Reason::NotPassedOver => "it succeeded, and what it stands in cannot pass over it",
            Reason::MayCome => "it never ran, and what begins anew may come to it",
            Reason::RunGoesOn => "the run is still going on",
            Reason::NoCommand => "its command was not recorded",
            Reason::Inexact => "its command was not recorded word for word",
            Reason::NoFolder => "the folder that it ran in is not there",
        }
    }
}

/// What speaks against a plan, or makes it doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlanWarning {
    /// The history knows it, and it is no step any more.
    Removed,
    /// It is a step now, and was none when the run began.
    Added,
    /// It stays as it is, and something that it needs runs again.
    UpstreamRerun,
    CommandChanged,
    /// It needs other steps than when the run began.
    DependenciesChanged,
    UnknownStatus,
}

impl PlanWarning {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            PlanWarning::Removed => "removed_from_config",
            PlanWarning::Added => "added_to_config",
            PlanWarning::UpstreamRerun => "upstream_rerun",
            PlanWarning::CommandChanged => "command_changed",
            PlanWarning::DependenciesChanged => "dependencies_changed",
            PlanWarning::UnknownStatus => "unknown_status",
        }
    }

    /// For people; the step's key stands in front.
    pub fn sentence(self) -> &'static str {
        match self {
            PlanWarning::Removed => "ran before, and is not there any more: it is left out",
            PlanWarning::Added => "was not there when the run began",
            PlanWarning::UpstreamRerun => {
                "is skipped although something that it needs runs again: its result may be stale"
            }
            PlanWarning::CommandChanged => {
                "succeeded with another command than it has now, and is skipped"
            }
            PlanWarning::DependenciesChanged => "needs other steps than when the run began",
            PlanWarning::UnknownStatus => "has a status that nobody knows",
        }
    }
}

/// Why there is no plan, or only half of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlanFault {
    RunNotFound,
    CircularDependency,
    MissingDependency,
}

impl PlanFault {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            PlanFault::RunNotFound => "run_not_found",
            PlanFault::CircularDependency => "circular_dependency",
            PlanFault::MissingDependency => "missing_dependency",
        }
    }
}

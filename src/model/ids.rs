//! Typed indexes into the compiled rules, and the names of what the engine computes itself.
//!
//! They live here so that evidence can be counted without knowing the rules it came from.

/// Index of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalId(pub u16);

/// Index of a concept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConceptId(pub u16);

/// Index of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId(pub u16);

/// Index of a symptom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymptomId(pub u16);

macro_rules! aggregates {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// Evidence that no single line shows; `rules/README.md` says when each is true.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum Aggregate { $($variant),* }

        impl Aggregate {
            /// Every aggregate, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name used in rules, without `@`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Reads a name without `@`.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|aggregate| aggregate.as_str() == name)
            }
        }
    };
}

aggregates! {
    SeveralStreams = "several_streams",
    SubsetOfStreamsFails = "subset_of_streams_fails",
    AllStreamsFail = "all_streams_fail",
    SuccessBeforeFailure = "success_before_failure",
    OnlyFailures = "only_failures",
    Intermittent = "intermittent",
    EndsAfterRestart = "ends_after_restart",
    StartsWithBoot = "starts_with_boot",
    ThrottlingBefore = "throttling_before",
    FailsOneLifetimeAfterStart = "fails_one_lifetime_after_start",
    ModuleLevelFrames = "module_level_frames",
    SiblingCallsSucceed = "sibling_calls_succeed",
    ParallelFrames = "parallel_frames",
    SeveralProvidersFail = "several_providers_fail",
    OtherProvidersSucceed = "other_providers_succeed",
    KeyOfOtherProvider = "key_of_other_provider",
    KeyShapeFits = "key_shape_fits",
    KeyTooShort = "key_too_short",
    KeyPlaceholder = "key_placeholder",
    KeyChanged = "key_changed",
    HostIsGateway = "host_is_gateway",
    EnvKeySet = "env_key_set",
    EnvKeyUnset = "env_key_unset",
    EnvDiffers = "env_differs",
    EnvOnlyOtherProvider = "env_only_other_provider",
    FailuresAfterChange = "failures_after_change",
    HealedByRetry = "healed_by_retry",
    OwnService = "own_service",
}

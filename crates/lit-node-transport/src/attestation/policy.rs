use std::{collections::BTreeSet, time::Duration};

use lit_types::constants::CLOCK_TOLERANCE;
use time::OffsetDateTime;

use super::{AmdRoots, Attestation, Measurement, TcbVersion};

/// Which guests a client accepts, beyond that their attestation is genuine.
///
/// The default is stricter than the official client in one point: it refuses guests that may be debugged or migrated, since their
/// host, or an agent that the host chooses, can read their memory. It allows any measurement: whoever wants a certain release of the
/// node names it with [`with_allowed_measurements`](Self::with_allowed_measurements).
///
/// ```
/// use std::time::Duration;
/// use lit_node_transport::attestation::{AttestationPolicy, TcbVersion};
///
/// let release = "83".repeat(48);
/// let policy = AttestationPolicy::new()
///     .with_allowed_measurements([release.parse()?])
///     .with_minimum_tcb(TcbVersion { bootloader: 3, tee: 0, snp: 10, microcode: 169 })
///     .with_max_age(Duration::from_secs(60));
/// # Ok::<(), hex::FromHexError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct AttestationPolicy {
    roots: AmdRoots,
    measurements: Option<BTreeSet<Measurement>>,
    minimum_tcb: TcbVersion,
    debugging: bool,
    migration: bool,
    max_age: Option<Duration>,
}

impl Default for AttestationPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl AttestationPolicy {
    /// Any guest that cannot be debugged or migrated, on a chip that AMD vouches for.
    pub fn new() -> Self {
        Self {
            roots: AmdRoots::milan(),
            measurements: None,
            minimum_tcb: TcbVersion::default(),
            debugging: false,
            migration: false,
            max_age: None,
        }
    }

    /// Allows only guests that were started with one of these measurements. Default: any.
    pub fn with_allowed_measurements(
        mut self,
        measurements: impl IntoIterator<Item = Measurement>,
    ) -> Self {
        self.measurements = Some(measurements.into_iter().collect());
        self
    }

    /// Refuses chips with older firmware in any part. Default: none is too old.
    pub const fn with_minimum_tcb(mut self, minimum: TcbVersion) -> Self {
        self.minimum_tcb = minimum;
        self
    }

    /// Allows guests whose memory their host can read. Default: refused.
    pub const fn with_debugging_allowed(mut self) -> Self {
        self.debugging = true;
        self
    }

    /// Allows guests that a migration agent may move to another machine. Default: refused.
    pub const fn with_migration_allowed(mut self) -> Self {
        self.migration = true;
        self
    }

    /// Refuses attestations that are older than this, or that do not say when they were made. Default: any age.
    ///
    /// A report holds no date. Its challenge dates it: an answer to a fresh challenge cannot be older than the challenge. What this
    /// compares is `UNIX_TIME`, the guest's own clock, which the report covers. It matters when an attestation was stored. The host
    /// of a guest can set that clock.
    pub const fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Traces chips to other certificates than AMD's. See [`AmdRoots::insecure`]. Default: [`AmdRoots::milan`].
    pub fn with_insecure_roots(mut self, roots: AmdRoots) -> Self {
        self.roots = roots;
        self
    }

    /// The certificates that chips are traced to.
    #[must_use]
    pub const fn roots(&self) -> &AmdRoots {
        &self.roots
    }

    /// Whether the policy allows an attestation.
    pub(crate) fn check(
        &self,
        attestation: &Attestation,
        now: OffsetDateTime,
    ) -> Result<(), PolicyViolation> {
        let report = attestation.report();
        if report.policy().allows_debugging() && !self.debugging {
            return Err(PolicyViolation::Debugging);
        }
        if report.policy().allows_migration() && !self.migration {
            return Err(PolicyViolation::Migration);
        }
        let measurement = report.measurement();
        if (self.measurements.as_ref()).is_some_and(|allowed| !allowed.contains(&measurement)) {
            return Err(PolicyViolation::Measurement(measurement));
        }
        let (found, minimum) = (report.reported_tcb(), self.minimum_tcb);
        if found.older_part(&minimum).is_some() {
            return Err(PolicyViolation::OldFirmware { found, minimum });
        }
        if let Some(max) = self.max_age {
            let made = attestation.time().ok_or(PolicyViolation::NoTime)?;
            if made - now > CLOCK_TOLERANCE {
                return Err(PolicyViolation::FromTheFuture { made });
            }
            if now - made > max {
                return Err(PolicyViolation::TooOld { made, max });
            }
        }
        Ok(())
    }
}

/// Why a policy refuses a genuine attestation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyViolation {
    /// The host can read the guest's memory.
    #[error("the guest may be debugged; allow it with with_debugging_allowed")]
    Debugging,
    /// A migration agent can read the guest's memory.
    #[error("the guest may be migrated; allow it with with_migration_allowed")]
    Migration,
    /// The guest runs something else.
    #[error("measurement {0} is not allowed")]
    Measurement(Measurement),
    /// The firmware of the chip is too old.
    #[error("the firmware ({found}) is older than allowed ({minimum})")]
    OldFirmware {
        /// The firmware.
        found: TcbVersion,
        /// The oldest that is allowed.
        minimum: TcbVersion,
    },
    /// The attestation is too old.
    #[error("made at {made}, more than {} s ago", .max.as_secs())]
    TooOld {
        /// When the guest says that it made it.
        made: OffsetDateTime,
        /// How old it may be.
        max: Duration,
    },
    /// The attestation was made in the future.
    #[error("made at {made}, which is in the future")]
    FromTheFuture {
        /// When the guest says that it made it.
        made: OffsetDateTime,
    },
    /// The attestation does not say when it was made.
    #[error("UNIX_TIME is missing, so that the age is unknown")]
    NoTime,
}

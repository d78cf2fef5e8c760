use std::{fmt, ops::Range, str::FromStr};

/// The length of a report.
const LENGTH: usize = 0x4A0;
/// The longest blob that may hold a report: the answer of the guest driver, which is padded with zeros.
const MAX_BLOB: usize = 4096;
/// The part that is signed.
const SIGNED: Range<usize> = 0..0x2A0;
/// The two numbers of the signature: 48 bytes each, the least significant first, in fields of 72.
const SIGNATURE: [Range<usize>; 2] = [0x2A0..0x2D0, 0x2E8..0x318];
/// Bytes after the signed part that hold nothing.
const UNUSED: [Range<usize>; 2] = [0x2D0..0x2E8, 0x318..LENGTH];

/// The attestation report of a SEV-SNP guest (AMD 56860, table 23).
#[derive(Clone, PartialEq, Eq)]
pub struct Report(Box<[u8; LENGTH]>);

impl Report {
    /// Parses a report. Zeros may follow it, as in the answer of the guest driver.
    ///
    /// # Errors
    /// [`MalformedReport`] for another length, version or signature algorithm, and for bytes that the chip does not sign and that
    /// are not zero.
    pub fn from_bytes(blob: &[u8]) -> Result<Self, MalformedReport> {
        let wrong_length = MalformedReport::Length(blob.len());
        if blob.len() > MAX_BLOB {
            return Err(wrong_length);
        }
        let Some((report, padding)) = blob.split_first_chunk::<LENGTH>() else {
            return Err(wrong_length);
        };
        let report = Self(Box::new(*report));
        if !(2..=5).contains(&report.version()) {
            return Err(MalformedReport::Version(report.version()));
        }
        let algorithm = u32::from_le_bytes(report.field(0x34));
        if algorithm != 1 {
            return Err(MalformedReport::SignatureAlgorithm(algorithm));
        }
        let unused = UNUSED.into_iter().flat_map(|range| &report.0[range]);
        if unused.chain(padding).any(|byte| *byte != 0) {
            return Err(MalformedReport::UnsignedBytes);
        }
        Ok(report)
    }

    /// The version of the format.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::from_le_bytes(self.field(0x00))
    }

    /// The policy under which the guest was started.
    #[must_use]
    pub fn policy(&self) -> GuestPolicy {
        GuestPolicy(u64::from_le_bytes(self.field(0x08)))
    }

    /// The image id that the owner of the guest signed: the first 16 bytes of the release id.
    #[must_use]
    pub fn image_id(&self) -> [u8; 16] {
        self.field(0x20)
    }

    /// What the guest put into the report: the hash of the attestation.
    #[must_use]
    pub fn report_data(&self) -> [u8; 64] {
        self.field(0x50)
    }

    /// The hash of what the guest was started with.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        Measurement(self.field(0x90))
    }

    /// The firmware that the signing key stands for.
    #[must_use]
    pub fn reported_tcb(&self) -> TcbVersion {
        let [bootloader, tee, _, _, _, _, snp, microcode] = self.field(0x180);
        TcbVersion {
            bootloader,
            tee,
            snp,
            microcode,
        }
    }

    /// Family and model of the processor, in reports of version 3 and later.
    #[must_use]
    pub fn processor(&self) -> Option<(u8, u8)> {
        let [family, model] = self.field(0x188);
        (self.version() >= 3).then_some((family, model))
    }

    /// The id of the chip.
    #[must_use]
    pub fn chip_id(&self) -> [u8; 64] {
        self.field(0x1A0)
    }

    /// The bytes that are signed.
    pub(crate) fn signed(&self) -> &[u8] {
        &self.0[SIGNED]
    }

    /// The two numbers of the signature, the most significant byte first.
    pub(crate) fn signature(&self) -> [u8; 96] {
        let mut signature = [0; 96];
        for (number, range) in signature.chunks_exact_mut(48).zip(SIGNATURE) {
            number.copy_from_slice(&self.0[range]);
            number.reverse();
        }
        signature
    }

    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut field = [0; N];
        field.copy_from_slice(&self.0[at..at + N]);
        field
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("version", &self.version())
            .field("policy", &self.policy())
            .field("measurement", &self.measurement())
            .field("reported_tcb", &self.reported_tcb())
            .finish_non_exhaustive()
    }
}

/// Why bytes are not a report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedReport {
    /// Too short or too long.
    #[error("{0} bytes, expected 1184 and zeros up to 4096")]
    Length(usize),
    /// The version is unknown.
    #[error("unsupported version {0}, expected 2 to 5")]
    Version(u32),
    /// The chip signs with an unknown algorithm.
    #[error("unsupported signature algorithm {0}, expected 1 (ECDSA P-384 with SHA-384)")]
    SignatureAlgorithm(u32),
    /// Bytes that the chip does not sign are not zero.
    #[error("bytes that are not signed are not zero")]
    UnsignedBytes,
}

/// The hash of what a guest was started with: 96 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Measurement(pub [u8; 48]);

impl FromStr for Measurement {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 48];
        hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The policy under which a guest was started, as bits (AMD 56860, table 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuestPolicy(pub u64);

impl GuestPolicy {
    /// Whether the host may read and change the memory of the guest.
    #[must_use]
    pub const fn allows_debugging(self) -> bool {
        self.0 & (1 << 19) != 0
    }

    /// Whether a migration agent, which the host chooses, may read the guest's memory to move it to another machine.
    #[must_use]
    pub const fn allows_migration(self) -> bool {
        self.0 & (1 << 18) != 0
    }
}

/// The versions of a chip's firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TcbVersion {
    /// The bootloader of the secure processor.
    pub bootloader: u8,
    /// The operating system of the secure processor.
    pub tee: u8,
    /// The SEV-SNP firmware.
    pub snp: u8,
    /// The microcode.
    pub microcode: u8,
}

impl TcbVersion {
    /// The first part that is older than in `minimum`.
    #[must_use]
    pub fn older_part(&self, minimum: &Self) -> Option<TcbPart> {
        let (found, least) = (self.parts(), minimum.parts());
        TcbPart::ALL
            .into_iter()
            .zip(found.into_iter().zip(least))
            .find_map(|(part, (found, least))| (found < least).then_some(part))
    }

    /// The numbers, in the order of [`TcbPart::ALL`].
    pub(crate) const fn parts(&self) -> [u8; 4] {
        [self.bootloader, self.tee, self.snp, self.microcode]
    }
}

impl fmt::Display for TcbVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [bootloader, tee, snp, microcode] = self.parts();
        write!(
            f,
            "bootloader {bootloader}, tee {tee}, snp {snp}, microcode {microcode}"
        )
    }
}

/// A part of the firmware of a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TcbPart {
    /// The bootloader of the secure processor.
    Bootloader,
    /// The operating system of the secure processor.
    Tee,
    /// The SEV-SNP firmware.
    Snp,
    /// The microcode.
    Microcode,
}

impl TcbPart {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::Bootloader, Self::Tee, Self::Snp, Self::Microcode];
}

impl fmt::Display for TcbPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bootloader => "bootloader",
            Self::Tee => "tee",
            Self::Snp => "snp",
            Self::Microcode => "microcode",
        })
    }
}

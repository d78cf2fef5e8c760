use std::{collections::BTreeSet, fmt};

/// The result of a folder of vectors. Its `Display` is what `cargo xtask vectors` prints.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// One per file, by name.
    pub files: Vec<FileReport>,
}

/// The result of one file.
#[derive(Debug, Clone)]
pub struct FileReport {
    /// The file without its extension.
    pub name: String,
    /// How it went.
    pub result: FileResult,
}

/// How a file went.
#[derive(Debug, Clone)]
pub enum FileResult {
    /// Every case was judged.
    Judged(Vec<CaseResult>),
    /// The file cannot be judged yet.
    Skipped {
        /// Why not.
        reason: &'static str,
        /// How many cases it has.
        cases: usize,
    },
    /// The file cannot be read. Counts as one failure.
    Unreadable(String),
}

/// The result of one case.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// `<file>/<number>`.
    pub id: String,
    /// What the case is about.
    pub description: String,
    /// How it went.
    pub verdict: Verdict,
}

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As in the official client.
    Passed,
    /// Differently, and exactly as the rules of these names say.
    ByDesign(Vec<&'static str>),
    /// Differently.
    Failed(String),
}

impl Report {
    /// Cases that passed, by design or as in the official client.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.files.iter().map(FileReport::passed).sum()
    }

    /// Cases that failed, and files that cannot be read.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.files.iter().map(FileReport::failed).sum()
    }

    /// Cases of files that cannot be judged yet.
    #[must_use]
    pub fn skipped(&self) -> usize {
        let skipped = |file: &FileReport| match file.result {
            FileResult::Skipped { cases, .. } => cases,
            _ => 0,
        };
        self.files.iter().map(skipped).sum()
    }

    /// Cases that passed because a rule says so.
    #[must_use]
    pub fn by_design(&self) -> usize {
        self.files.iter().map(FileReport::by_design).sum()
    }

    /// The names of the rules that were needed.
    #[must_use]
    pub fn rules_used(&self) -> BTreeSet<&'static str> {
        let verdicts = self
            .files
            .iter()
            .flat_map(FileReport::cases)
            .map(|case| &case.verdict);
        let rules = verdicts.filter_map(|verdict| match verdict {
            Verdict::ByDesign(rules) => Some(rules.iter().copied()),
            _ => None,
        });
        rules.flatten().collect()
    }
}

impl FileReport {
    /// The judged cases.
    #[must_use]
    pub fn cases(&self) -> &[CaseResult] {
        match &self.result {
            FileResult::Judged(cases) => cases,
            _ => &[],
        }
    }

    /// Cases that passed, by design or as in the official client.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.count(|verdict| !matches!(verdict, Verdict::Failed(_)))
    }

    /// Cases that failed; 1 if the file cannot be read.
    #[must_use]
    pub fn failed(&self) -> usize {
        let unreadable = usize::from(matches!(self.result, FileResult::Unreadable(_)));
        unreadable + self.count(|verdict| matches!(verdict, Verdict::Failed(_)))
    }

    /// Cases that passed because a rule says so.
    #[must_use]
    pub fn by_design(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::ByDesign(_)))
    }

    fn count(&self, is: impl Fn(&Verdict) -> bool) -> usize {
        self.cases().iter().filter(|case| is(&case.verdict)).count()
    }
}

/// `name: passed/total` per file, then the totals.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            writeln!(f, "{file}")?;
        }
        let (passed, failed, skipped) = (self.passed(), self.failed(), self.skipped());
        writeln!(f, "{passed} passed, {failed} failed, {skipped} skipped")?;
        write!(f, "{} differ by design", self.by_design())
    }
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.result {
            FileResult::Skipped { reason, .. } => write!(f, "{name}: skipped ({reason})"),
            FileResult::Unreadable(problem) => write!(f, "{name}: failed ({problem})"),
            FileResult::Judged(cases) => {
                write!(f, "{name}: {}/{}", self.passed(), cases.len())?;
                match self.by_design() {
                    0 => Ok(()),
                    count => write!(f, " ({count} differ by design)"),
                }
            }
        }
    }
}

//! Where we differ from the official client on purpose. Every difference the vectors show is one of these rules.

mod auth_methods;
mod browser;
mod conditions;
mod handed_over;
mod messages;
mod pkp_session;
mod sessions;

use serde_json::Value;

use crate::{case::Case, refusal::Refusal};

/// A deliberate difference from the official client.
pub struct Rule {
    /// A short name.
    pub name: &'static str,
    /// Why ours is better, and where that was decided.
    pub reason: &'static str,
    /// The files it is about.
    files: &'static [&'static str],
    /// Whether a case is one of the kind, by its input. Another case of that kind is one as well.
    applies: fn(&Case) -> bool,
    /// What we do instead.
    pub(crate) ours: Ours,
}

/// What we do instead of what the official client does.
pub(crate) enum Ours {
    /// Refuse, with an error of this kind.
    Refuses(fn(&Refusal) -> bool),
    /// Give what this makes of the official value, `None` standing for an error. Unchanged when there is nothing to change.
    Gives(fn(&Case, Option<Value>) -> Option<Value>),
}

/// All rules.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        messages::RULES,
        sessions::RULES,
        pkp_session::RULES,
        auth_methods::RULES,
        browser::RULES,
    ]
    .into_iter()
    .flatten()
}

/// The rules that a case of a file is subject to.
pub(crate) fn for_case<'a>(
    file: &'a str,
    case: &'a Case,
) -> impl Iterator<Item = &'static Rule> + use<'a> {
    rules().filter(move |rule| rule.files.contains(&file) && (rule.applies)(case))
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

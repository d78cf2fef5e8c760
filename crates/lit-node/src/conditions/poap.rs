//! Conditions on the POAPs that the asker holds.

use std::{fmt, sync::Arc};

use lit_node_transport::{HttpClient, HttpRequest, HttpUrl};
use lit_types::access_control::{Comparator, EvmBasicCondition};
use serde::Deserialize;

use super::{Asker, ConditionError, json_answer::ask};

const NAME: &str = "the POAP service";

/// The service that knows who holds which POAPs.
#[derive(Clone)]
pub struct PoapApi {
    client: Arc<dyn HttpClient>,
    base: HttpUrl,
    key: String,
}

#[derive(Deserialize)]
struct Entry {
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    name: String,
    id: u32,
}

impl PoapApi {
    /// The service at this URL, asked through this client. POAP itself is `https://api.poap.tech`, and wants an API key.
    #[must_use]
    pub fn new(client: Arc<dyn HttpClient>, base: HttpUrl, key: impl Into<String>) -> Self {
        let key = key.into();
        Self { client, base, key }
    }

    /// Whether the asker holds a POAP of an event with this name (`tokenURI`) or number (`eventId`).
    pub(super) async fn is_met(
        &self,
        condition: &EvmBasicCondition,
        asker: &Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let path = format!("/actions/scan/{}", asker.address);
        let url = self.base.join(&path);
        let url = url.map_err(|_| ConditionError::ServiceAnswer(NAME))?;
        let request = HttpRequest::get(url).with_header("x-api-key", &self.key);
        let answer = ask(&*self.client, request, NAME).await?;
        let entries: Vec<Entry> =
            serde_json::from_value(answer).map_err(|_| ConditionError::ServiceAnswer(NAME))?;
        let test = &condition.return_value_test;
        let mut events = entries.iter().map(|entry| &entry.event);
        Ok(
            events.any(|event| match (condition.method.as_str(), test.comparator) {
                ("tokenURI", Comparator::Contains) => event.name.contains(&test.value),
                ("tokenURI", Comparator::Equal) => event.name == test.value,
                ("eventId", Comparator::Equal) => event.id.to_string() == test.value,
                _ => false,
            }),
        )
    }
}

/// Shows no key.
impl fmt::Debug for PoapApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoapApi")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

//! `--config-id`: what is about one configuration, or everything.

use std::collections::BTreeSet;

use policy::What;
use proto::v1;

/// Kinds of events that are about the whole license host.
const OF_THE_HOST: [&str; 4] = ["started", "stopped", "clock-noted", "clock-reset"];

/// What is in the bundle.
#[derive(Debug, Default)]
pub(super) struct Scope {
    config: Option<String>,
    /// The features of the configuration, as far as they are known.
    features: BTreeSet<String>,
}

impl Scope {
    pub(super) fn new(config: Option<&str>) -> Self {
        Self { config: config.map(str::to_owned), features: BTreeSet::new() }
    }

    pub(super) fn config(&self) -> Option<&str> {
        self.config.as_deref()
    }

    /// A feature of a configuration, where that is the one.
    pub(super) fn knows(&mut self, config: &str, feature: &str) {
        if self.config.as_deref() == Some(config) {
            self.features.insert(feature.to_owned());
        }
    }

    /// Whether something of a configuration is in.
    pub(super) fn has(&self, config: Option<&str>) -> bool {
        self.config.is_none() || self.config.as_deref() == config
    }

    /// Leaves out the other pools.
    pub(super) fn status(&mut self, reply: &mut v1::StatusReply) {
        for name in reply.pools.iter().filter_map(|pool| pool.pool.as_ref()) {
            self.knows(&name.config_id, &name.feature);
        }
        reply.pools.retain(|pool| self.has(pool.pool.as_ref().map(|name| name.config_id.as_str())));
    }

    /// Whether an event is in: those of the configuration, those of its features that name no
    /// configuration (denials, places in line), and those of the whole host.
    pub(super) fn has_event(&self, event: &v1::JournalEvent) -> bool {
        let field =
            |name: &str| event.fields.iter().find(|field| field.name == name).map(|field| &field.value);
        match (field("configuration"), field("feature")) {
            _ if self.config.is_none() => true,
            (Some(config), _) => self.has(Some(config)),
            (None, Some(feature)) => self.features.contains(feature),
            (None, None) => OF_THE_HOST.contains(&event.kind.as_str()),
        }
    }

    /// Whether a rule of an options file is in: those of other features are not.
    pub(super) fn has_rule(&self, what: &What) -> bool {
        let feature = match what {
            What::Who { feature, .. } | What::Number { feature, .. } | What::Feature(feature) => {
                feature.as_ref()
            }
            What::Count { feature, .. } => Some(feature),
            _ => None,
        };
        self.config.is_none() || feature.is_none_or(|feature| self.features.contains(&feature.name))
    }
}

//! What makes a configuration one: rules 1 to 4.

use names::{CpuId, Feature};

use crate::model::{Configuration, Item, Seat};

/// Two items with one key are one configuration of a company, and two with different keys are never.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The product; none for the modules that float by themselves, which are one configuration together.
    pub(crate) product: Option<Feature>,
    pub(crate) modules: Vec<String>,
    pub(crate) product_line: String,
    pub(crate) maintenance: bool,
    pub(crate) seat: Seat,
    pub(crate) host: CpuId,
}

/// A rule that two keys under one id break.
pub(crate) struct Breach {
    pub(crate) rule: &'static str,
    /// What the one says, and what the other.
    pub(crate) here: String,
    pub(crate) there: String,
}

impl Key {
    /// Of an item on a license host.
    pub(crate) fn of_item(item: &Item, host: CpuId) -> Self {
        Self {
            product: (!item.is_module).then(|| item.feature.clone()),
            modules: item.modules.clone(),
            product_line: item.product_line.clone(),
            maintenance: item.maintenance,
            seat: item.seat,
            host,
        }
    }

    /// Of a configuration.
    pub(crate) fn of(configuration: &Configuration) -> Self {
        Self {
            product: configuration.product.clone(),
            modules: configuration.modules.clone(),
            product_line: configuration.product_line.clone(),
            maintenance: configuration.maintenance,
            seat: configuration.seat,
            host: configuration.host.clone(),
        }
    }

    /// The configuration that has a feature of this one as the other thing: a product as a module that floats by
    /// itself, or such a module as a product. There is none of locked and named seats, and of products with modules.
    pub(crate) fn other_kind(&self, feature: &Feature) -> Option<Self> {
        let product = if self.product.is_none() { Some(feature.clone()) } else { None };
        let is_one = self.seat == Seat::Floating && self.modules.is_empty();
        is_one.then(|| Self { product, ..self.clone() })
    }

    /// The first rule that the two break under one id; none where they are one configuration.
    pub(crate) fn breach(&self, other: &Self) -> Option<Breach> {
        let say = |rule, here: String, there: String| (here != there).then_some(Breach { rule, here, there });
        let line = |key: &Self| format!("the product line {}", key.product_line);
        let maintenance = |key: &Self| match key.maintenance {
            true => "maintenance".to_owned(),
            false => "no maintenance".to_owned(),
        };
        let host = |key: &Self| format!("the license host {}", key.host);
        let seat = |key: &Self| format!("{} seats", seat_word(key.seat));
        let named = [self.seat, other.seat].contains(&Seat::Named);
        say("3", line(self), line(other))
            .or_else(|| say("4", maintenance(self), maintenance(other)))
            .or_else(|| say("2", host(self), host(other)))
            .or_else(|| say(if named { "1" } else { "2" }, seat(self), seat(other)))
            .or_else(|| say("1", self.what(), other.what()))
    }

    /// Product and modules in words.
    fn what(&self) -> String {
        match (&self.product, self.modules.is_empty()) {
            (None, _) => "modules that float by themselves".to_owned(),
            (Some(product), true) => format!("{product} without modules"),
            (Some(product), false) => format!("{product} with {}", self.modules.join(" ")),
        }
    }
}

/// How a seat is had, in a word.
pub(crate) fn seat_word(seat: Seat) -> &'static str {
    match seat {
        Seat::Floating => "floating",
        Seat::Locked => "locked",
        Seat::Named => "named",
    }
}

//! Conversions between the wire and [`names`]. What comes from the wire is checked here, once.

use names::{ConfigId, CpuId, Feature, Invalid, PoolId, Vendor};

use crate::v1;

impl From<&PoolId> for v1::PoolName {
    fn from(id: &PoolId) -> Self {
        Self {
            vendor: id.vendor().to_string(),
            config_id: id.config().to_string(),
            cpu_id: id.cpu().to_string(),
            feature: id.feature().to_string(),
            pooling: id.pooling().to_owned(),
        }
    }
}

impl TryFrom<&v1::PoolName> for PoolId {
    type Error = Invalid;

    fn try_from(name: &v1::PoolName) -> Result<Self, Invalid> {
        Self::new(
            Vendor::new(&name.vendor)?,
            ConfigId::new(&name.config_id)?,
            CpuId::new(&name.cpu_id)?,
            Feature::new(&name.feature)?,
            &name.pooling,
        )
    }
}

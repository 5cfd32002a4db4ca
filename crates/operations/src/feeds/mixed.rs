//! Tells a part of another state of a feed from a damaged one: it is signed, only not with the parts beside it.

use super::FeedsError;
use super::courier::{Courier, METADATA};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tough::schema::{Metafile, Role, Root, Signed, Snapshot, Targets, Timestamp};

/// Whether a part that is not what another part names is of another state: signed by the keys that the root names, with
/// another version than the one named. What can't be read is none.
pub(super) async fn is_of_another_state(
    root: &[u8],
    courier: &Courier,
) -> Result<bool, FeedsError> {
    let Ok(root) = serde_json::from_slice::<Signed<Root>>(root) else { return Ok(false) };
    let reader = Reader { root: &root.signed, courier };
    let Some(timestamp) = reader.signed::<Timestamp>("timestamp.json").await? else {
        return Ok(false);
    };
    let Some(named) = timestamp.meta.get("snapshot.json") else { return Ok(false) };
    let snapshot = reader.named::<Snapshot>("snapshot.json", named).await?;
    let Some(snapshot) = snapshot else { return Ok(false) };
    if snapshot.version != named.version {
        return Ok(true);
    }
    let Some(named) = snapshot.meta.get("targets.json") else { return Ok(false) };
    let targets = reader.named::<Targets>("targets.json", named).await?;
    Ok(targets.is_some_and(|targets| targets.version != named.version))
}

struct Reader<'a> {
    root: &'a Root,
    courier: &'a Courier,
}

impl Reader<'_> {
    /// The part of that name, if it is signed.
    async fn signed<T: Role + Serialize + DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, FeedsError> {
        let bytes = self.courier.get(&format!("metadata/{name}"), METADATA).await?;
        let read = bytes.and_then(|bytes| serde_json::from_slice::<Signed<T>>(&bytes).ok());
        let signed = read.filter(|part| self.root.verify_role(part).is_ok());
        Ok(signed.map(|part| part.signed))
    }

    /// As [`Self::signed`], where a part of that version would be.
    async fn named<T: Role + Serialize + DeserializeOwned>(
        &self,
        name: &str,
        named: &Metafile,
    ) -> Result<Option<T>, FeedsError> {
        if self.root.consistent_snapshot {
            self.signed(&format!("{}.{name}", named.version)).await
        } else {
            self.signed(name).await
        }
    }
}

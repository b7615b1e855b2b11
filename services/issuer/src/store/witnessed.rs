//! What was cosigned of other people's ledgers. Nobody's secret.

use redb::ReadableTable;

use super::{Draft, Result, WITNESSED};
use crate::domain::Seen;

impl Draft<'_> {
    pub fn witnessed(&self, origin: &str) -> Result<Option<Seen>> {
        let witnessed = self.transaction.open_table(WITNESSED)?;
        let seen = witnessed.get(origin)?.map(|tree| {
            let (size, root) = tree.value();
            Seen { size, root: *root }
        });
        Ok(seen)
    }

    pub fn put_witnessed(&self, origin: &str, seen: Seen) -> Result<()> {
        self.transaction.open_table(WITNESSED)?.insert(origin, (seen.size, &seen.root))?;
        Ok(())
    }
}

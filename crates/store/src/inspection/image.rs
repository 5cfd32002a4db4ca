//! The database as SQLite would see it, put together in memory.

use crate::StoreError;
use crate::database::failed;
use crate::database::pages::PAGE;
use crate::database::wal::Wal;
use rusqlite::Connection;

/// Where a database's header says which journal it is written and read with; 2 is a write-ahead log, 1 is none.
const JOURNAL: [usize; 2] = [18, 19];

/// The main file with the newest content of each page that a whole transaction wrote.
pub(super) fn of(main: &[u8], log: &[u8], wal: &Wal) -> Result<Vec<u8>, StoreError> {
    let mut image = main.to_vec();
    if wal.count > 0 {
        image.resize(usize::try_from(wal.count).unwrap_or(usize::MAX) * PAGE, 0);
    }
    for (number, place) in &wal.pages {
        let at = usize::try_from(*number).unwrap_or(usize::MAX).saturating_sub(1) * PAGE;
        if let (Some(page), Some(new)) = (image.get_mut(at..at + PAGE), log.get(place.clone())) {
            page.copy_from_slice(new);
        }
    }
    for at in JOURNAL {
        match image.get_mut(at) {
            Some(byte) if *byte == 2 => *byte = 1,
            Some(_) | None => {
                return Err(StoreError::Damaged(format!("byte {at} of the database is not 2")));
            }
        }
    }
    Ok(image)
}

/// Opens an image, to read only.
pub(super) fn open(image: &[u8]) -> Result<Connection, StoreError> {
    let doing = failed("opening a copy of it");
    let mut connection = Connection::open_in_memory().map_err(&doing)?;
    connection.deserialize_read_exact("main", image, image.len(), true).map_err(&doing)?;
    Ok(connection)
}

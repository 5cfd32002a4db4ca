//! The packages of an rpm database (`rpmdb.sqlite`), as their headers. What is in a header is not looked at here.

use crate::StoreError;
use crate::database::failed;
use rusqlite::Connection;

/// Most packages of one database.
const MOST: usize = 200_000;
/// Where a database's header says with which journal it is read; 1 is none.
const JOURNAL: [usize; 2] = [18, 19];

/// Reads the headers, given the bytes of the database. What only its write-ahead log has is not seen; rpm empties
/// that when it closes the database.
///
/// # Errors
/// [`StoreError::Damaged`] when the bytes are no such database.
pub fn rpm_headers(database: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let doing = failed("reading it as an rpm database");
    let mut image = database.to_vec();
    for at in JOURNAL {
        if let Some(byte) = image.get_mut(at).filter(|byte| **byte == 2) {
            *byte = 1;
        }
    }
    let mut connection = Connection::open_in_memory().map_err(&doing)?;
    connection.deserialize_read_exact("main", &*image, image.len(), true).map_err(&doing)?;
    let select = format!("SELECT blob FROM Packages ORDER BY hnum LIMIT {}", MOST + 1);
    let mut select = connection.prepare(&select).map_err(&doing)?;
    let rows = select.query_map([], |row| row.get::<_, Vec<u8>>(0)).map_err(&doing)?;
    let headers: Vec<_> = rows.collect::<Result<_, _>>().map_err(&doing)?;
    if headers.len() > MOST {
        return Err(StoreError::Damaged(format!("more than {MOST} packages")));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    //! A database as rpm makes it, and what is none.
    use super::*;

    #[test]
    fn headers_come_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rpmdb.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);
                 INSERT INTO Packages VALUES (2, x'02'), (1, x'0101');",
            )
            .unwrap();
        connection.close().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[18], 2, "written with a log");
        assert_eq!(rpm_headers(&bytes).unwrap(), [vec![1, 1], vec![2]]);
        assert!(rpm_headers(b"no database").is_err() && rpm_headers(&bytes[..100]).is_err());
    }
}

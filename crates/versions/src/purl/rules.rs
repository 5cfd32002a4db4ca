//! What single package URL types demand, from the type definitions of purl-spec (MIT).

use super::Purl;

/// Whether a type has a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    Required,
    Optional,
    Prohibited,
}

/// Rules of one type that fit in a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) namespace: Namespace,
    lower_namespace: bool,
    lower_name: bool,
}

use Namespace::{Optional, Prohibited, Required};

/// (type, namespace, lower the namespace, lower the name)
const TABLE: [(&str, Namespace, bool, bool); 40] = [
    ("alpm", Required, true, true),
    ("apk", Required, true, true),
    ("bazel", Prohibited, false, false),
    ("bitbucket", Required, true, true),
    ("bitnami", Prohibited, false, true),
    ("brew", Optional, true, true),
    ("cargo", Prohibited, false, false),
    ("chrome-extension", Prohibited, false, true),
    ("cocoapods", Prohibited, false, false),
    ("composer", Required, true, true),
    ("conan", Optional, false, false),
    ("conda", Prohibited, false, false),
    ("cpan", Optional, false, false),
    ("cran", Prohibited, false, false),
    ("deb", Required, true, true),
    ("docker", Optional, false, false),
    ("gem", Prohibited, false, false),
    ("git", Required, true, true),
    ("github", Required, true, true),
    ("golang", Required, false, false),
    ("hackage", Prohibited, false, false),
    ("hex", Optional, true, true),
    ("huggingface", Required, false, false),
    ("julia", Prohibited, false, false),
    ("luarocks", Optional, true, true),
    ("maven", Required, false, false),
    ("mlflow", Prohibited, false, false),
    ("npm", Optional, false, false),
    ("nuget", Prohibited, false, false),
    ("oci", Prohibited, false, true),
    ("opam", Prohibited, false, false),
    ("otp", Prohibited, false, true),
    ("pub", Prohibited, false, true),
    ("pypi", Prohibited, false, true),
    ("qpkg", Required, true, false),
    ("rpm", Required, true, false),
    ("swift", Required, false, false),
    ("vcpkg", Prohibited, false, false),
    ("vscode-extension", Required, true, true),
    ("yocto", Optional, true, false),
];

impl Rules {
    /// The rules of `kind`; a type we do not list has none.
    pub(super) fn of(kind: &str) -> Self {
        // the table is sorted, which a test holds
        let row = TABLE.binary_search_by_key(&kind, |row| row.0).ok().and_then(|at| TABLE.get(at));
        row.map_or(Self { namespace: Optional, lower_namespace: false, lower_name: false }, |row| {
            Self { namespace: row.1, lower_namespace: row.2, lower_name: row.3 }
        })
    }
}

/// Brings namespace, name and version into the type's normal form.
pub(super) fn normalise(purl: &mut Purl, rules: &Rules) {
    if rules.lower_namespace
        && let Some(namespace) = &mut purl.namespace
    {
        *namespace = namespace.to_lowercase();
    }
    if rules.lower_name {
        purl.name = purl.name.to_lowercase();
    }
    match purl.kind.as_str() {
        // the namespace is the host; the whole path of the repository is the name
        "git" => {
            if let Some((host, path)) =
                purl.namespace.as_ref().and_then(|namespace| namespace.split_once('/'))
            {
                purl.name = format!("{path}/{}", purl.name);
                purl.namespace = Some(host.to_owned());
            }
        }
        "pypi" => purl.name = purl.name.replace('_', "-"),
        "pub" => {
            purl.name = purl
                .name
                .chars()
                .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' })
                .collect();
        }
        "mlflow" if on_databricks(purl) => purl.name = purl.name.to_lowercase(),
        _ => {}
    }
    if matches!(purl.kind.as_str(), "huggingface" | "oci" | "pypi" | "vscode-extension")
        && let Some(version) = &mut purl.version
    {
        *version = version.to_lowercase();
    }
}

/// The parts of a name between which `/` stays as it is: a `git` name is a path, others are one.
pub(super) fn name_segments<'a>(kind: &str, name: &'a str) -> Vec<&'a str> {
    if kind == "git" { name.split('/').collect() } else { vec![name] }
}

/// MLflow names are case-insensitive on Azure Databricks only.
fn on_databricks(purl: &Purl) -> bool {
    purl.qualifiers.get("repository_url").is_some_and(|url| url.contains("databricks"))
}

/// Checks what the table does not hold; says what the type demands.
pub(super) fn check(purl: &Purl) -> Result<(), &'static str> {
    match purl.kind.as_str() {
        "chrome-extension" => {
            if purl.name.len() != 32 || !purl.name.bytes().all(|b| matches!(b, b'a'..=b'p')) {
                return Err("has a name of 32 letters from a to p");
            }
            let parts = |text: &str| {
                text.split('.').count() <= 4
                    && text
                        .split('.')
                        .all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            };
            if purl.version.as_deref().is_some_and(|text| !parts(text)) {
                return Err("has a version of at most four numbers separated by dots");
            }
        }
        "cpan" if purl.name.contains("::") => return Err("names a distribution, not a module"),
        "julia" if !purl.qualifiers.contains_key("uuid") => return Err("needs a `uuid` qualifier"),
        "swid" if !purl.qualifiers.contains_key("tag_id") => {
            return Err("needs a `tag_id` qualifier");
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    //! The table.
    use super::*;

    #[test]
    fn sorted_for_the_search() {
        assert!(TABLE.is_sorted_by_key(|row| row.0));
    }
}

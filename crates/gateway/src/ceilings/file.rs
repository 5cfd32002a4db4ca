//! The file that states ceilings: TOML, strict.

use super::{Bounds, Ceilings, Money, Price, share};
use domain::ModelId;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::str::FromStr;

/// Most bytes of the file.
pub const MOST_BYTES: usize = 256 << 10;
/// Most models with a price.
const PRICES: usize = 1_024;
/// Most gateways that share ceilings.
const GATEWAYS: u64 = 64;

/// Why ceilings are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CeilingError {
    /// More bytes than [`MOST_BYTES`].
    #[error("it has more than {MOST_BYTES} bytes")]
    TooLong,
    /// Not the file's form.
    #[error("{0}")]
    Form(String),
    /// Nothing is bounded.
    #[error(
        "it bounds nothing: state `concurrent`, `requests-per-day`, `tokens-per-day` or `cost-per-day` under [grant], [person] or [organisation]"
    )]
    Nothing,
    /// No number of gateways.
    #[error(
        "`gateways = {0}` is no number of gateways: write how many serve the same grants, 1 to {GATEWAYS}"
    )]
    Gateways(u64),
    /// A part of a ceiling that is none.
    #[error("`unstated-percent = {0}` is no part of a ceiling: write 1 to 100")]
    Percent(u64),
    /// One gateway has no others to hold anything from.
    #[error("`unstated-percent` bounds what one of several gateways holds: state `gateways` too")]
    Alone,
    /// Too few requests at once for so many gateways.
    #[error(
        "`concurrent = {concurrent}` leaves none to each of {gateways} gateways, and they can't share them: write {gateways} at least"
    )]
    Divided {
        /// Requests at once.
        concurrent: u64,
        /// Gateways that share them.
        gateways: u64,
    },
    /// A part of a ceiling that rounds to nothing.
    #[error("{percent} % of `{name}` is less than one: raise either")]
    Nought {
        /// The ceiling.
        name: &'static str,
        /// The part of it.
        percent: u64,
    },
    /// A bound of none.
    #[error("`{0}` is 0, which nobody could use; to stop uses, suspend grants or withdraw")]
    Zero(&'static str),
    /// Money is bounded, and nothing has a price.
    #[error("`cost-per-day` bounds a cost, and no [[price]] says what a model's tokens cost")]
    Unpriced,
    /// A model has two prices.
    #[error("model `{0}` has two prices")]
    Twice(ModelId),
    /// More prices than are read.
    #[error("more than {PRICES} prices")]
    TooMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CeilingsFile {
    version: u32,
    #[serde(default = "one")]
    gateways: u64,
    unstated_percent: Option<u64>,
    #[serde(default)]
    grant: BoundsFile,
    #[serde(default)]
    person: BoundsFile,
    #[serde(default)]
    organisation: BoundsFile,
    #[serde(default)]
    price: Vec<PriceFile>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BoundsFile {
    concurrent: Option<u64>,
    requests_per_day: Option<u64>,
    tokens_per_day: Option<u64>,
    cost_per_day: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceFile {
    model: ModelId,
    /// For a million tokens of prompts.
    input: String,
    /// For a million tokens of answers.
    output: String,
}

impl Ceilings {
    /// Reads a file of ceilings, strictly.
    ///
    /// # Errors
    /// See [`CeilingError`].
    pub fn read(text: &str) -> Result<Self, CeilingError> {
        if text.len() > MOST_BYTES {
            return Err(CeilingError::TooLong);
        }
        let form = |error: toml::de::Error| CeilingError::Form(error.to_string().trim().to_owned());
        let file: CeilingsFile = toml::from_str(text).map_err(form)?;
        if file.version != 1 {
            let version = file.version;
            return Err(CeilingError::Form(format!("version {version} is not known; write 1")));
        }
        if file.price.len() > PRICES {
            return Err(CeilingError::TooMany);
        }
        let mut ceilings = Self {
            gateways: file.gateways,
            unstated_percent: file.unstated_percent,
            grant: file.grant.bounds()?,
            person: file.person.bounds()?,
            organisation: file.organisation.bounds()?,
            prices: BTreeMap::new(),
        };
        ceilings.divisible()?;
        for PriceFile { model, input, output } in file.price {
            let price = Price { input: input.parse()?, output: output.parse()? };
            if ceilings.prices.insert(model.clone(), price).is_some() {
                return Err(CeilingError::Twice(model));
            }
        }
        let all = [&ceilings.grant, &ceilings.person, &ceilings.organisation];
        if all.iter().all(|bounds| **bounds == Bounds::default()) {
            return Err(CeilingError::Nothing);
        }
        if ceilings.prices.is_empty() && all.iter().any(|bounds| bounds.cost_per_day.is_some()) {
            return Err(CeilingError::Unpriced);
        }
        Ok(ceilings)
    }
}

/// A gateway is alone unless its file says otherwise.
fn one() -> u64 {
    1
}

impl Ceilings {
    /// Whether each of the gateways has a part of every bound that they share.
    fn divisible(&self) -> Result<(), CeilingError> {
        let Self { gateways, unstated_percent, .. } = *self;
        if !(1..=GATEWAYS).contains(&gateways) {
            return Err(CeilingError::Gateways(gateways));
        }
        match unstated_percent {
            Some(percent) if !(1..=100).contains(&percent) => {
                return Err(CeilingError::Percent(percent));
            }
            Some(_) if gateways == 1 => return Err(CeilingError::Alone),
            Some(_) | None => {}
        }
        for bounds in [&self.grant, &self.person, &self.organisation] {
            if let Some(concurrent) = bounds.concurrent.filter(|bound| *bound < gateways) {
                return Err(CeilingError::Divided { concurrent, gateways });
            }
            for (name, bound) in [
                ("requests-per-day", bounds.requests_per_day),
                ("tokens-per-day", bounds.tokens_per_day),
                ("cost-per-day", bounds.cost_per_day.map(|money| money.0)),
            ] {
                if let Some((bound, percent)) = bound.zip(unstated_percent)
                    && share(bound, percent) == 0
                {
                    return Err(CeilingError::Nought { name, percent });
                }
            }
        }
        Ok(())
    }
}

impl BoundsFile {
    fn bounds(self) -> Result<Bounds, CeilingError> {
        let Self { concurrent, requests_per_day, tokens_per_day, cost_per_day } = self;
        let cost_per_day: Option<Money> = cost_per_day.map(|text| text.parse()).transpose()?;
        for (name, bound) in [
            ("concurrent", concurrent),
            ("requests-per-day", requests_per_day),
            ("tokens-per-day", tokens_per_day),
            ("cost-per-day", cost_per_day.map(|money| money.0)),
        ] {
            if bound == Some(0) {
                return Err(CeilingError::Zero(name));
            }
        }
        Ok(Bounds { concurrent, requests_per_day, tokens_per_day, cost_per_day })
    }
}

impl FromStr for Money {
    type Err = CeilingError;

    /// Reads digits with at most six after a point.
    fn from_str(text: &str) -> Result<Self, CeilingError> {
        let wrong = || {
            CeilingError::Form(format!(
                "`{}` is no amount: write digits, and at most six after a point, such as \"12.50\"",
                text.chars().take(40).collect::<String>()
            ))
        };
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let part: u64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
        let all = whole.checked_mul(1_000_000).and_then(|whole| whole.checked_add(part));
        all.map(Self).ok_or_else(wrong)
    }
}

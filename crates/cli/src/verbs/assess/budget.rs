//! What one sample may take: the same options wherever a model is attempted.

use assessment::Budget;

/// The bounds of one sample.
#[derive(Debug, clap::Args)]
pub(super) struct PerSample {
    /// Answers of the model in one sample.
    #[arg(long, default_value_t = 12)]
    turns: u32,
    /// Tokens in and out in one sample.
    #[arg(long, default_value_t = 200_000)]
    tokens: u64,
    /// Seconds of one sample.
    #[arg(long, default_value_t = 300)]
    seconds: u32,
    /// What a million tokens is taken to cost, in dollars: the budget is then stated in money too.
    #[arg(long, value_name = "DOLLARS", value_parser = measurement::dollars)]
    price: Option<u64>,
}

impl PerSample {
    pub(super) fn budget(&self) -> Budget {
        let Self { turns, tokens, seconds, price } = *self;
        Budget { turns, tokens, seconds, price }
    }
}

//! Wire formats of language-model providers: chat completions, streaming, token counts.

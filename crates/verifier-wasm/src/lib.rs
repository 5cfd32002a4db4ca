//! The verifier as a WebAssembly module: three exports over its linear memory, imports of nothing.
//!
//! ```text
//! vestibule_question(length) -> where to write a question of so many bytes; 0 when that is too many
//! vestibule_answer()         -> answers it; the length of the answer
//! vestibule_answer_at()      -> where the answer lies, until the next call
//! ```
//!
//! Questions and answers are those of [`verifier::ask`]. `vestibule-verifier.mjs` beside this crate's manifest is the
//! caller for browsers and Node.js. Buffers belong to the module, so no pointer from outside is ever followed.

use std::sync::Mutex;

struct Buffers {
    question: Vec<u8>,
    answer: Vec<u8>,
}

static BUFFERS: Mutex<Buffers> = Mutex::new(Buffers { question: Vec::new(), answer: Vec::new() });

fn with<T>(run: impl FnOnce(&mut Buffers) -> T) -> T {
    let mut buffers = BUFFERS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    run(&mut buffers)
}

/// Makes room for a question of `length` bytes and says where; 0 when it is longer than what is read.
#[expect(unsafe_code, reason = "a symbol with a name of its own, which a module's caller needs")]
#[unsafe(no_mangle)]
pub extern "C" fn vestibule_question(length: usize) -> *mut u8 {
    with(|buffers| {
        buffers.question.clear();
        if length > verifier::MAX_QUESTION {
            return std::ptr::null_mut();
        }
        buffers.question.resize(length, 0);
        buffers.question.as_mut_ptr()
    })
}

/// Answers the question that was written, and says how long the answer is.
#[expect(unsafe_code, reason = "a symbol with a name of its own, which a module's caller needs")]
#[unsafe(no_mangle)]
pub extern "C" fn vestibule_answer() -> usize {
    with(|buffers| {
        let question = std::mem::take(&mut buffers.question);
        buffers.answer = verifier::ask(&question);
        buffers.answer.len()
    })
}

/// Where the latest answer lies.
#[expect(unsafe_code, reason = "a symbol with a name of its own, which a module's caller needs")]
#[unsafe(no_mangle)]
pub extern "C" fn vestibule_answer_at() -> *const u8 {
    with(|buffers| buffers.answer.as_ptr())
}

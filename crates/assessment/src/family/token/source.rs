//! The issuer's source in C.

use super::SIZE;
use super::generators::{Generator, Mixer};
use crate::family::words::{DEEDS, MEASURES, THINGS};
use crate::seed::Draws;

/// Names of what the source declares.
struct Names {
    state: &'static str,
    draw: String,
    issue: String,
    start: String,
    local: &'static str,
    token: &'static str,
}

/// The source of a generator's issuer.
pub(super) fn source(d: &mut Draws, generator: &Generator) -> String {
    let measures = d.distinct(&MEASURES, 2);
    let things = d.distinct(&THINGS, 3);
    let deeds = d.distinct(&DEEDS, 3);
    let at = |list: &[&'static str], i: usize| list.get(i).copied().unwrap_or("other");
    let names = Names {
        state: at(&things, 0),
        draw: format!("{}_{}", at(&deeds, 0), at(&measures, 0)),
        issue: format!("{}_token", at(&deeds, 1)),
        start: format!("{}_{}", at(&deeds, 2), at(&things, 1)),
        local: at(&measures, 1),
        token: at(&things, 2),
    };
    let head = "/* Makes the tokens. One process serves all accounts. */\n#include <stdint.h>\n#include <stdio.h>\n";
    let body = match generator {
        Generator::Second(mixer) => mixed(&names, mixer, false),
        Generator::Millisecond(mixer) => mixed(&names, mixer, true),
        Generator::Congruential { multiplier, increment, width, .. } => {
            congruential(&names, *multiplier, *increment, *width)
        }
        Generator::Xorshift { shifts, byte, .. } => xorshift(&names, *shifts, *byte),
        Generator::Register { .. } => register(&names),
    };
    format!("{head}{body}")
}

fn mixed(names: &Names, mixer: &Mixer, once: bool) -> String {
    let Names { state, draw, issue, start, local, token } = names;
    let ([a, b, c], [f, g]) = (mixer.shifts, mixer.factors);
    let (salt, step) = (mixer.salt, mixer.step);
    let starting = format!(
        "\nvoid {start}(void)\n{{\n    struct timespec now;\n    clock_gettime(CLOCK_REALTIME, &now);\n    \
         {state} = 0x{salt:016x}u ^ ((uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);\n}}\n"
    );
    let seeding = format!("    {state} = 0x{salt:016x}u ^ (uint64_t)time(NULL);\n");
    format!(
        "#include <time.h>\n\nstatic uint64_t {state};\n\nstatic uint64_t {draw}(void)\n{{\n    \
         uint64_t {local} = {state} += 0x{step:016x}u;\n    \
         {local} = ({local} ^ {local} >> {a}) * 0x{f:016x}u;\n    \
         {local} = ({local} ^ {local} >> {b}) * 0x{g:016x}u;\n    \
         return {local} ^ {local} >> {c};\n}}\n{}\nvoid {issue}(char {token}[33])\n{{\n{}    \
         uint64_t high = {draw}();\n    uint64_t low = {draw}();\n    \
         sprintf({token}, \"%016llx%016llx\", (unsigned long long)high, (unsigned long long)low);\n}}\n",
        if once { &starting } else { "" },
        if once { "" } else { &seeding },
    )
}

/// Reads a first state that nobody can guess.
fn random(start: &str, state: &str) -> String {
    format!(
        "\nint {start}(void)\n{{\n    FILE *file = fopen(\"/dev/urandom\", \"rb\");\n    \
         size_t got = file ? fread({state}, sizeof {state}, 1, file) : 0;\n    \
         if (file) fclose(file);\n    return got == 1 ? 0 : -1;\n}}\n"
    )
}

/// Writes a token byte by byte.
fn bytewise(names: &Names) -> String {
    let Names { draw, issue, token, .. } = names;
    format!(
        "\nvoid {issue}(char {token}[33])\n{{\n    for (int i = 0; i < {SIZE}; i++)\n        \
         sprintf({token} + 2 * i, \"%02x\", (unsigned){draw}());\n}}\n"
    )
}

fn congruential(names: &Names, multiplier: u64, increment: u64, width: u32) -> String {
    let Names { state, draw, issue, start, token, .. } = names;
    let (mask, hidden) = ((1_u64 << width) - 1, width - 32);
    format!(
        "\nstatic uint64_t {state}[1];\n\nstatic uint32_t {draw}(void)\n{{\n    \
         {state}[0] = ({state}[0] * 0x{multiplier:x}u + 0x{increment:x}u) & 0x{mask:x}u;\n    \
         return (uint32_t)({state}[0] >> {hidden});\n}}\n{}\nvoid {issue}(char {token}[33])\n{{\n    \
         for (int i = 0; i < {}; i++)\n        \
         sprintf({token} + 8 * i, \"%08x\", (unsigned){draw}());\n}}\n",
        random(start, state),
        SIZE / 4,
    )
}

fn xorshift(names: &Names, [a, b, c]: [u32; 3], byte: u32) -> String {
    let Names { state, draw, start, local, .. } = names;
    format!(
        "\nstatic uint32_t {state}[4];\n\nstatic uint8_t {draw}(void)\n{{\n    \
         uint32_t {local} = {state}[0] ^ {state}[0] << {a};\n    {state}[0] = {state}[1];\n    \
         {state}[1] = {state}[2];\n    {state}[2] = {state}[3];\n    \
         {state}[3] = {state}[3] ^ {state}[3] >> {c} ^ {local} ^ {local} >> {b};\n    \
         return (uint8_t)({state}[3] >> {});\n}}\n{}{}",
        8 * byte,
        random(start, state),
        bytewise(names),
    )
}

fn register(names: &Names) -> String {
    let Names { state, draw, start, local, .. } = names;
    format!(
        "#include <string.h>\n#include \"secret.h\" /* LENGTH and MASK, numbers; TAPS, LENGTH numbers 0 or 1 */\n\n\
         static uint8_t {state}[LENGTH];\n\nstatic int next_{local}(void)\n{{\n    \
         int out = {state}[0] & 1, next = 0;\n    for (int i = 0; i < LENGTH; i++)\n        \
         next ^= {state}[i] & TAPS[i];\n    memmove({state}, {state} + 1, LENGTH - 1);\n    \
         {state}[LENGTH - 1] = next & 1;\n    return out;\n}}\n\nstatic uint8_t {draw}(void)\n{{\n    \
         int byte = 0;\n    for (int i = 0; i < 8; i++)\n        byte = byte << 1 | next_{local}();\n    \
         return (uint8_t)(byte ^ MASK);\n}}\n{}{}",
        random(start, state),
        bytewise(names),
    )
}

//! The C source of a generated program.

use super::{Disguise, LengthCode, Mistake, Program, Scalar, Sum};
use std::fmt::Write as _;

impl Program {
    /// The source of the vulnerable or of the fixed build. They differ in one line, the bound.
    pub(super) fn source(&self, fixed: bool) -> String {
        let mut out = self.head();
        out.push_str(&self.record());
        out.push_str(&self.reader(fixed));
        out.push_str(&self.main());
        out
    }

    fn head(&self) -> String {
        let n = &self.names;
        let mut out = format!(
            "/* {}: reads one record file. A generated training target, vulnerable on purpose. */\n\
             #include <stdint.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n\n\
             #define {} {}\n",
            n.program, n.capacity, self.capacity
        );
        if self.mistake == Mistake::TooLarge {
            push(&mut out, format_args!("#define {} {}\n", n.limit, self.limit));
        }
        out.push('\n');
        out.push_str(&array(&n.magic, &self.magic));
        if !self.key.is_empty() {
            out.push_str(&array(&n.key, &self.key));
            out.push_str(&array(&n.tag, &self.tag));
        }
        out.push_str("static unsigned char file_bytes[131072];\n\n");
        out
    }

    fn record(&self) -> String {
        let n = &self.names;
        let record = n.record;
        let mut out = format!("struct {record} {{\n");
        let scalar = |out: &mut String, s: &Scalar| {
            let width = if s.wide { 32 } else { 16 };
            push(out, format_args!("    uint{width}_t {};\n", s.name));
        };
        self.before.iter().for_each(|s| scalar(&mut out, s));
        push(&mut out, format_args!("    unsigned char {}[{}];\n", n.buffer, n.capacity));
        self.between.iter().for_each(|s| scalar(&mut out, s));
        match self.guard {
            Some(_) => push(&mut out, format_args!("    volatile uint32_t {};\n", n.sink)),
            None => {
                push(&mut out, format_args!("    void (*{})(const struct {record} *);\n", n.sink));
            }
        }
        push(
            &mut out,
            format_args!(
                "}};\n\nstatic void {}(const struct {record} *r)\n{{\n    \
                 printf(\"%02x%02x\\n\", r->{buffer}[0], r->{buffer}[1]);\n}}\n\n",
                n.handler,
                buffer = n.buffer
            ),
        );
        out
    }

    fn reader(&self, fixed: bool) -> String {
        let n = &self.names;
        let (p, size, at, len) = (n.input, n.size, n.at, n.length);
        let record = n.record;
        let mut out = format!(
            "static int {}(const unsigned char *{p}, size_t {size})\n{{\n    size_t {at} = 0;\n",
            n.reader
        );
        if self.on_heap {
            push(
                &mut out,
                format_args!(
                    "    struct {record} *r = calloc(1, sizeof *r);\n\n    if (r == NULL)\n        return 70;\n"
                ),
            );
        } else {
            push(
                &mut out,
                format_args!(
                    "    static struct {record} slot;\n    struct {record} *r = &slot;\n\n"
                ),
            );
        }
        match self.guard {
            Some(guard) => push(&mut out, format_args!("    r->{} = 0x{guard:08x};\n", n.sink)),
            None => push(&mut out, format_args!("    r->{} = {};\n", n.sink, n.handler)),
        }
        push(
            &mut out,
            format_args!(
                "    if ({size} < sizeof {m} || memcmp({p}, {m}, sizeof {m}) != 0)\n        return 2;\n    \
                 {at} += sizeof {m};\n",
                m = n.magic
            ),
        );
        out.push_str(&self.hello());
        push(
            &mut out,
            format_args!(
                "    if ({size} < {at} + {need})\n        return 4;\n    if ({p}[{at}] == 0x{trap:02x})\n        \
                 abort(); /* not written yet */\n    if ({p}[{at}] != 0x{kind:02x})\n        return 0;\n    \
                 {at} += {need};\n",
                need = 1 + self.reserved,
                trap = self.trap,
                kind = self.kind
            ),
        );
        out.push_str(&self.length_lines());
        let bound = match (fixed, self.mistake) {
            (true, _) => format!("{len} > {}", n.capacity),
            (false, Mistake::TooLarge) => format!("{len} > {}", n.limit),
            (false, Mistake::Truncated) => format!("(uint8_t){len} > {}", n.capacity),
            (false, Mistake::Signed) => format!("(int16_t){len} > {}", n.capacity),
        };
        push(&mut out, format_args!("    if ({bound})\n        return 6;\n"));
        out.push_str(&self.payload_lines());
        out
    }

    fn hello(&self) -> String {
        let n = &self.names;
        let (p, size, at) = (n.input, n.size, n.at);
        let Some((kind, start, factor)) = self.hello else { return String::new() };
        format!(
            "    unsigned pass = {start};\n    for (size_t i = 0; i < sizeof {m}; i++)\n        \
             pass = pass * {factor} + {m}[i];\n    if ({size} < {at} + 2 || {p}[{at}] != 0x{kind:02x} \
             || {p}[{at} + 1] != (pass & 0xff))\n        return 3;\n    {at} += 2;\n",
            m = n.magic
        )
    }

    fn length_lines(&self) -> String {
        let n = &self.names;
        let (p, size, at, len) = (n.input, n.size, n.at, n.length);
        let fixed = |bytes: usize, value: String| {
            format!(
                "    if ({size} < {at} + {bytes})\n        return 5;\n    unsigned {len} = {value};\n    \
                 {at} += {bytes};\n"
            )
        };
        let mut out = match self.code {
            LengthCode::Byte => fixed(1, format!("{p}[{at}]")),
            LengthCode::Little => fixed(2, format!("{p}[{at}] | {p}[{at} + 1] << 8")),
            LengthCode::Big => fixed(2, format!("{p}[{at}] << 8 | {p}[{at} + 1]")),
            LengthCode::Variable => format!(
                "    unsigned {len} = 0, shift = 0;\n    do {{\n        \
                 if ({at} >= {size} || shift > 14)\n            return 5;\n        \
                 {len} |= ({p}[{at}] & 0x7fu) << shift;\n        shift += 7;\n    \
                 }} while ({p}[{at}++] & 0x80);\n"
            ),
            LengthCode::Decimal => format!(
                "    unsigned {len} = 0;\n    while ({at} < {size} && {p}[{at}] >= '0' && \
                 {p}[{at}] <= '9' && {len} < 100000)\n        {len} = {len} * 10 + ({p}[{at}++] - '0');\n    \
                 if ({at} >= {size} || {p}[{at}++] != ';')\n        return 5;\n"
            ),
        };
        match self.disguise {
            Disguise::None => {}
            Disguise::Biased(bias) => push(&mut out, format_args!("    {len} -= {bias};\n")),
            Disguise::Masked(mask) => push(&mut out, format_args!("    {len} ^= 0x{mask:02x};\n")),
        }
        out
    }

    fn payload_lines(&self) -> String {
        let n = &self.names;
        let (p, size, at, len) = (n.input, n.size, n.at, n.length);
        let mut out = String::new();
        if self.sum.is_some() && self.sum_first {
            push(
                &mut out,
                format_args!(
                    "    if ({size} < {at} + 2)\n        return 7;\n    \
                     unsigned expected = {p}[{at}] << 8 | {p}[{at} + 1];\n    {at} += 2;\n"
                ),
            );
        }
        push(&mut out, format_args!("    if ({size} - {at} < {len})\n        return 8;\n"));
        out.push_str(&self.sum_lines());
        let buffer = n.buffer;
        if self.key.is_empty() && !self.by_loop {
            push(&mut out, format_args!("    memcpy(r->{buffer}, {p} + {at}, {len});\n"));
        } else {
            let mask = if self.key.is_empty() {
                String::new()
            } else {
                format!(" ^ {k}[i % sizeof {k}]", k = n.key)
            };
            push(
                &mut out,
                format_args!(
                    "    for (size_t i = 0; i < {len}; i++)\n        r->{buffer}[i] = {p}[{at} + i]{mask};\n"
                ),
            );
        }
        if !self.tag.is_empty() {
            push(
                &mut out,
                format_args!(
                    "    if (memcmp(r->{buffer}, {t}, sizeof {t}) != 0)\n        return 10;\n",
                    t = n.tag
                ),
            );
        }
        match self.guard {
            Some(guard) => push(
                &mut out,
                format_args!(
                    "    if (r->{s} != 0x{guard:08x})\n        abort();\n    {}(r);\n",
                    n.handler,
                    s = n.sink
                ),
            ),
            None => push(&mut out, format_args!("    r->{}(r);\n", n.sink)),
        }
        out.push_str("    return 0;\n}\n\n");
        out
    }

    fn sum_lines(&self) -> String {
        let n = &self.names;
        let (p, size, at, len) = (n.input, n.size, n.at, n.length);
        let Some((sum, start)) = self.sum else { return String::new() };
        let mut out = String::new();
        if !self.sum_first {
            push(
                &mut out,
                format_args!(
                    "    if ({size} - {at} < {len} + 2)\n        return 7;\n    \
                     unsigned expected = {p}[{at} + {len}] << 8 | {p}[{at} + {len} + 1];\n"
                ),
            );
        }
        let step = match sum {
            Sum::Multiply(factor) => {
                format!("        sum = (sum * {factor} + {p}[{at} + i]) & 0xffff;\n")
            }
            Sum::Rotate => {
                format!("        sum = ((sum << 1 | sum >> 15) ^ {p}[{at} + i]) & 0xffff;\n")
            }
            Sum::Fletcher => format!(
                "        {{\n            sum = (sum + {p}[{at} + i]) % 255;\n            \
                 second = (second + sum) % 255;\n        }}\n"
            ),
        };
        let second = if sum == Sum::Fletcher { ", second = 0" } else { "" };
        let whole = if sum == Sum::Fletcher { "(second << 8 | sum)" } else { "sum" };
        push(
            &mut out,
            format_args!(
                "    unsigned sum = {start}{second};\n    for (size_t i = 0; i < {len}; i++)\n{step}    \
                 if ({whole} != expected)\n        return 9;\n"
            ),
        );
        out
    }

    fn main(&self) -> String {
        format!(
            "int main(int argc, char **argv)\n{{\n    FILE *f;\n    size_t got;\n\n    if (argc != 2)\n        \
             return 64;\n    f = fopen(argv[1], \"rb\");\n    if (f == NULL)\n        return 66;\n    \
             got = fread(file_bytes, 1, sizeof file_bytes, f);\n    fclose(f);\n    \
             return {}(file_bytes, got);\n}}\n",
            self.names.reader
        )
    }
}

fn array(name: &str, bytes: &[u8]) -> String {
    let list: Vec<String> = bytes.iter().map(|b| format!("0x{b:02x}")).collect();
    format!("static const unsigned char {name}[{}] = {{ {} }};\n", bytes.len(), list.join(", "))
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string cannot fail");
}

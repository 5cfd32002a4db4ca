//! The C source of a generated parser.

use super::{Mistake, Reader};

impl Reader {
    /// The source of the vulnerable or of the fixed build. They differ in one check.
    pub(super) fn source(&self, fixed: bool) -> String {
        [self.head(), self.numbers(), self.chunks(fixed), self.walk(), self.main()].concat()
    }

    fn has(&self, mistake: Mistake, fixed: bool) -> bool {
        !fixed && self.mistake == mistake
    }

    fn deed(&self, at: usize) -> &'static str {
        self.deeds.get(at).copied().unwrap_or("load")
    }

    fn field(&self, at: usize) -> &'static str {
        self.fields.get(at).copied().unwrap_or("mode")
    }

    fn head(&self) -> String {
        let bytes: Vec<String> = self.magic.iter().map(|b| format!("0x{b:02x}")).collect();
        let (slots, room) = (self.slots, self.room);
        let (values, table, text) = (self.name(1), self.name(2), self.name(3));
        format!(
            "/* {}: reads a file of chunks. A generated training target, vulnerable on purpose. */\n\
             #include <stdint.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n\n\
             #define SLOTS {slots}\n#define ROOM {room}\n\nstatic const unsigned char opening[] = {{{}}};\n\
             static unsigned char file_bytes[16384];\nstatic long {values}[SLOTS];\nstatic unsigned char {table}[ROOM];\n\
             static unsigned char {text}[65536];\nstatic unsigned long total;\n\n",
            self.name(0),
            bytes.join(", ")
        )
    }

    fn numbers(&self) -> String {
        let (half, whole) = if self.big {
            ("p[0] << 8 | p[1]", "(uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]")
        } else {
            ("p[0] | p[1] << 8", "p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24")
        };
        format!(
            "static uint16_t half(const unsigned char *p)\n{{\n    return {half};\n}}\n\n\
             static uint32_t whole(const unsigned char *p)\n{{\n    return {whole};\n}}\n\n"
        )
    }

    fn chunks(&self, fixed: bool) -> String {
        let (values, table, text) = (self.name(1), self.name(2), self.name(3));
        let (index, place, length, count) =
            (self.field(0), self.field(1), self.field(2), self.field(3));
        let below = format!("{index} < 0 || ");
        let below = if self.has(Mistake::Negative, fixed) { "" } else { below.as_str() };
        let sum = if self.has(Mistake::Sum, fixed) { "uint32_t" } else { "uint64_t" };
        let short = "    if (stated < 4)\n        return -1;\n";
        let short = if self.has(Mistake::Minus, fixed) { "" } else { short };
        let product = if self.has(Mistake::Product, fixed) { "uint16_t" } else { "uint32_t" };
        format!(
            "static int {store}_{values}(const unsigned char *p, size_t left)\n{{\n    if (left < 4)\n        return -1;\n    \
             int {index} = (int16_t)half(p);\n    if ({below}{index} >= SLOTS)\n        return -1;\n    \
             {values}[{index}] = half(p + 2);\n    return 4;\n}}\n\n\
             static int {part}_part(const unsigned char *p, size_t left, size_t n)\n{{\n    if (left < 8)\n        return -1;\n    \
             uint32_t {place} = whole(p), {length} = whole(p + 4);\n    {sum} end = ({sum}){place} + {length};\n    \
             if (end > n)\n        return -1;\n    for (uint32_t i = 0; i < {length}; i++)\n        \
             total += file_bytes[(size_t){place} + i];\n    return 8;\n}}\n\n\
             static int {copy}_{text}(const unsigned char *p, size_t left)\n{{\n    if (left < 2)\n        return -1;\n    \
             uint16_t stated = half(p);\n{short}    size_t size = (size_t)stated - 4;\n    \
             if (stated > left + 2 || stated > sizeof {text})\n        return -1;\n    for (size_t i = 0; i < size; i++)\n        \
             {text}[i] = p[2 + i];\n    return 2 + size;\n}}\n\n\
             static int {fill}_{table}(const unsigned char *p, size_t left)\n{{\n    if (left < 4)\n        return -1;\n    \
             uint16_t {count} = half(p), width = half(p + 2);\n    {product} need = (uint32_t){count} * width;\n    \
             if (need > ROOM)\n        return -1;\n    memset({table}, 0x2e, (size_t){count} * width);\n    return 4;\n}}\n\n",
            store = self.deed(0),
            part = self.deed(1),
            copy = self.deed(2),
            fill = self.deed(3),
        )
    }

    /// The function that takes one chunk after the other.
    fn walk(&self) -> String {
        let (values, table, text) = (self.name(1), self.name(2), self.name(3));
        let mask = self.mask;
        let calls = [
            format!("used = {}_{values}(p + front, left - front);", self.deed(0)),
            format!("used = {}_part(p + front, left - front, n);", self.deed(1)),
            format!("used = {}_{text}(p + front, left - front);", self.deed(2)),
            format!("used = {}_{table}(p + front, left - front);", self.deed(3)),
            "abort();".to_owned(),
        ];
        let cases = calls.iter().zip(&self.codes).map(|(call, code)| {
            format!("        case 0x{code:02x}:\n            {call}\n            break;\n")
        });
        let sum = self.sum.map_or_else(String::new, |[start, factor]| {
            format!(
                "        if (left < 4 || p[1] != (uint8_t)((({start}u * {factor} + p[0]) * {factor} + p[2]) * {factor} + p[3]))\n            \
                 return 4;\n        front = 2;\n"
            )
        });
        let around = self.around.map_or_else(String::new, |code| {
            format!(
                "        if (left < 3 || p[0] != 0x{code:02x} || p[1] > left - 2)\n            return 5;\n        \
                 left = p[1];\n        p += 2;\n        skip = 2;\n"
            )
        });
        format!(
            "static int {deed}_all(size_t n)\n{{\n    size_t at = sizeof opening;\n    while (at < n) {{\n        \
             unsigned char *p = file_bytes + at;\n        size_t left = n - at, skip = 0, front = 1;\n        int used = 0;\n\
             {around}{sum}        if (left < front)\n            return 4;\n        \
             switch (p[0] ^ 0x{mask:02x}) {{\n{}        default:\n            return 6;\n        }}\n        \
             if (used < 0)\n            return 7;\n        at += skip + front + used;\n    }}\n    return 0;\n}}\n\n",
            cases.collect::<String>(),
            deed = self.name(4),
        )
    }

    fn main(&self) -> String {
        format!(
            "int main(int argc, char **argv)\n{{\n    FILE *f = argc > 1 ? fopen(argv[1], \"rb\") : NULL;\n    if (!f)\n        \
             return 2;\n    size_t n = fread(file_bytes, 1, sizeof file_bytes, f);\n    fclose(f);\n    \
             if (n < sizeof opening || memcmp(file_bytes, opening, sizeof opening))\n        return 3;\n    \
             return {}_all(n);\n}}\n",
            self.name(4)
        )
    }
}

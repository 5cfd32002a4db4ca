//! The C source of a generated target.

use super::{ENTRIES, PLAIN, Target};

impl Target {
    /// The source.
    pub(super) fn source(&self) -> String {
        [self.head(), self.table(), self.record(), self.reader(), self.end()].concat()
    }

    fn deed(&self, at: usize) -> &'static str {
        self.deeds.get(at).copied().unwrap_or("load")
    }

    fn pointer(&self) -> bool {
        self.step >= 3
    }

    fn head(&self) -> String {
        let bytes: Vec<String> = self.magic.iter().map(|b| format!("0x{b:02x}")).collect();
        format!(
            "/* {}: edits a record as a file says, then calls its handler. A generated training target, vulnerable on purpose. */\n\
             #include <stdint.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n\n#define ENTRIES {ENTRIES}\n\n\
             static const unsigned char opening[] = {{{}}};\nstatic unsigned char file_bytes[4096];\n\n",
            self.name(0),
            bytes.join(", ")
        )
    }

    fn table(&self) -> String {
        let (plain, hidden) = (format!("{}_plain", self.deed(0)), format!("{}_flag", self.deed(1)));
        let rows = self.kinds.iter().enumerate().map(|(n, kind)| {
            let call = if n == self.hidden { &hidden } else { &plain };
            format!("    {{ {call}, 0x{kind:016x}u }},\n")
        });
        format!(
            "struct entry {{\n    void (*call)(void);\n    uint64_t kind;\n}};\n\n\
             static void {plain}(void)\n{{\n    puts(\"{PLAIN}\");\n}}\n\n\
             static void {hidden}(void)\n{{\n    char line[128];\n    FILE *f = fopen(\"flag\", \"r\");\n    \
             if (f && fgets(line, sizeof line, f))\n        fputs(line, stdout);\n}}\n\n\
             static struct entry table[ENTRIES] __attribute__((aligned(256))) = {{\n{}}};\n\n",
            rows.collect::<String>()
        )
    }

    fn record(&self) -> String {
        let mut fields = self.fields.iter().skip(3);
        let mut pads = |n: usize| {
            let names = fields.by_ref().take(n);
            names.map(|name| format!("    uint64_t {name};\n")).collect::<String>()
        };
        let [a, b, c] = self.pads;
        let mut body = format!("    unsigned char {}[{}];\n", self.name(1), self.room) + &pads(a);
        if self.guarded() {
            body += &format!("    uint64_t {}_guard;\n", self.name(2));
        }
        body += &pads(b);
        if self.step >= 5 {
            body += &format!("    uint64_t {}_kind;\n", self.name(3));
        }
        body += &pads(c);
        body += &format!("    uint64_t {}_handler;\n", self.name(4));
        format!("struct record {{\n{body}}};\n\nstatic struct record x;\n\n")
    }

    /// Where a command writes.
    fn place(&self) -> String {
        format!("off = (p[1] | p[2] << 8) ^ 0x{:04x};", self.mask)
    }

    fn reader(&self) -> String {
        let (text, place) = (self.name(1), self.place());
        let word = "memcpy(&word, (unsigned char *)&x + off, 8);";
        let back = "memcpy((unsigned char *)&x + off, &word, 8);";
        let mut cases = format!(
            "        case 0x{:02x}:\n            len = left > 1 ? p[1] : 0;\n            \
             if (left < 2 || len > left - 2 || len > sizeof x)\n                return 5;\n            \
             memcpy(x.{text}, p + 2, len);\n            at += 2 + len;\n            break;\n",
            self.code(0)
        );
        if self.step >= 2 {
            cases += &format!(
                "        case 0x{:02x}:\n            if (left < 4)\n                return 5;\n            {place}\n            \
                 len = p[3];\n            if (len > left - 4 || off > sizeof x || len > sizeof x - off)\n                return 5;\n            \
                 memcpy((unsigned char *)&x + off, p + 4, len);\n            at += 4 + len;\n            break;\n",
                self.code(1)
            );
        }
        if self.step >= 3 {
            cases += &format!(
                "        case 0x{:02x}:\n            if (left < 5)\n                return 5;\n            {place}\n            \
                 if (off > sizeof x - 8)\n                return 5;\n            {word}\n            \
                 word += (int16_t)(p[3] | p[4] << 8);\n            {back}\n            at += 5;\n            break;\n",
                self.code(2)
            );
        }
        if self.step >= 4 {
            cases += &format!(
                "        case 0x{:02x}:\n            if (left < 11)\n                return 5;\n            {place}\n            \
                 if (off > sizeof x - 8)\n                return 5;\n            {word}\n            memcpy(&more, p + 3, 8);\n            \
                 word ^= more;\n            {back}\n            at += 11;\n            break;\n",
                self.code(3)
            );
        }
        format!(
            "static int {}_all(size_t n)\n{{\n    size_t at = sizeof opening, left, off, len;\n    uint64_t word, more;\n    \
             while (at < n) {{\n        unsigned char *p = file_bytes + at;\n        left = n - at;\n        switch (p[0]) {{\n\
             {cases}        default:\n            return 6;\n        }}\n    }}\n    return 0;\n}}\n\n",
            self.deed(2)
        )
    }

    fn end(&self) -> String {
        let (guard, kind, handler) = (self.name(2), self.name(3), self.name(4));
        let mut secrets = String::new();
        let mut setup = String::new();
        let mut check = String::new();
        if self.guarded() {
            secrets += "static uint64_t guard_secret, mangle_secret;\n\nstatic uint64_t drawn(void)\n{\n    uint64_t word = 0;\n    \
                        FILE *f = fopen(\"/dev/urandom\", \"rb\");\n    if (!f || fread(&word, 1, 8, f) != 8)\n        exit(70);\n    \
                        fclose(f);\n    return word;\n}\n\n";
            setup += &format!("    x.{guard}_guard = guard_secret = drawn();\n");
            check += &format!("    if (x.{guard}_guard != guard_secret)\n        return 9;\n");
        }
        let first = self.first;
        let call = if self.pointer() {
            let mangled = if self.step >= 4 { " ^ mangle_secret" } else { "" };
            if self.step >= 4 {
                setup += "    mangle_secret = drawn();\n";
            }
            setup += &format!("    x.{handler}_handler = (uint64_t)&table[{first}]{mangled};\n");
            format!("    struct entry *e = (struct entry *)(x.{handler}_handler{mangled});\n")
        } else {
            setup += &format!("    x.{handler}_handler = {first};\n");
            format!(
                "    if (x.{handler}_handler >= ENTRIES)\n        return 8;\n    struct entry *e = &table[x.{handler}_handler];\n"
            )
        };
        check += &call;
        if self.step >= 5 {
            setup += &format!("    x.{kind}_kind = table[{first}].kind;\n");
            check += &format!("    if (e->kind != x.{kind}_kind)\n        return 10;\n");
        }
        format!(
            "{secrets}int main(int argc, char **argv)\n{{\n    FILE *f = argc > 1 ? fopen(argv[1], \"rb\") : NULL;\n    \
             if (!f)\n        return 2;\n    size_t n = fread(file_bytes, 1, sizeof file_bytes, f);\n    fclose(f);\n    \
             if (n < sizeof opening || memcmp(file_bytes, opening, sizeof opening))\n        return 3;\n{setup}    \
             int bad = {}_all(n);\n    if (bad)\n        return bad;\n{check}    e->call();\n    return 0;\n}}\n",
            self.deed(2)
        )
    }
}

//! The C source of a generated program.

use super::{Mistake, Program, SLOTS};

impl Program {
    /// The source of the vulnerable or of the fixed build. They differ in one line.
    pub(super) fn source(&self, fixed: bool) -> String {
        let n = &self.names;
        let bytes: Vec<String> = self.magic.iter().map(|b| format!("0x{b:02x}")).collect();
        let head = format!(
            "/* {}: keeps objects in slots. A generated training target, vulnerable on purpose. */\n#include <stdint.h>\n\
             #include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n\n#define SLOTS {SLOTS}\n#define CELLS 64\n\n\
             static const unsigned char {}[] = {{{}}};\nstatic unsigned char file_bytes[65536];\n\n",
            n.program,
            n.magic,
            bytes.join(", ")
        );
        [head, self.objects(fixed), self.reader(fixed), self.main()].concat()
    }

    /// Whether this build has this mistake.
    fn has(&self, mistake: Mistake, fixed: bool) -> bool {
        !fixed && self.mistake == mistake
    }

    fn objects(&self, fixed: bool) -> String {
        let n = &self.names;
        let (object, cells, used, slots) = (n.object, &n.cells, &n.used, &n.slots);
        let width = if self.has(Mistake::Narrow, fixed) { "uint8_t" } else { "unsigned" };
        let clear = format!("    {slots}[at] = NULL;\n");
        let wipe = "    memset(x, 0xa5, sizeof *x);\n";
        format!(
            "struct {object} {{\n    void (*{shown})(const struct {object} *);\n    {width} {holders};\n    unsigned {value};\n}};\n\n\
             static struct {object} {cells}[CELLS];\nstatic unsigned char {used}[CELLS];\nstatic struct {object} *{slots}[SLOTS];\n\n\
             static void {show}(const struct {object} *x)\n{{\n    printf(\"%u\\n\", x->{value});\n}}\n\n\
             static struct {object} *{take}(void)\n{{\n    for (int i = 0; i < CELLS; i++)\n        if (!{used}[i]) {{\n            \
             {used}[i] = 1;\n            return &{cells}[i];\n        }}\n    exit(70);\n}}\n\n\
             static void {end}(struct {object} *x)\n{{\n    {used}[x - {cells}] = 0;\n{}}}\n\n\
             static struct {object} *{make}(void)\n{{\n    struct {object} *x = {take}();\n    x->{shown} = {show};\n    \
             x->{holders} = 1;\n    x->{value} = 0;\n    return x;\n}}\n\n\
             static void {leave}(unsigned at)\n{{\n    struct {object} *x = {slots}[at];\n{}    \
             if (--x->{holders} == 0)\n        {end}(x);\n}}\n\n",
            if self.reuse { "" } else { wipe },
            if self.has(Mistake::Kept, fixed) { "" } else { &clear },
            shown = n.shown,
            holders = n.holders,
            value = n.value,
            show = n.show,
            take = n.take,
            end = n.end,
            make = n.make,
            leave = n.leave,
        )
    }

    fn reader(&self, fixed: bool) -> String {
        let n = &self.names;
        let width = if self.check.is_some() { 4 } else { 3 };
        let [p, q] = self.masks;
        let check = self.check.map_or_else(String::new, |[f, g]| {
            format!(
                "        if (((op * {f} + p[at + 1] * {g} + p[at + 2]) & 0xff) != p[at + 3])\n            return 3;\n"
            )
        });
        let cases: String = self.order.iter().map(|case| self.case(*case, fixed)).collect();
        let trap = self.codes.get(6).copied().unwrap_or(0);
        format!(
            "static int {run}(const unsigned char *p, size_t n)\n{{\n    size_t at = sizeof {m};\n    \
             if (n < at || memcmp(p, {m}, at) != 0)\n        return 2;\n    while (at + {width} <= n) {{\n        \
             unsigned op = p[at], a = p[at + 1] ^ 0x{p:02x}, b = p[at + 2] ^ 0x{q:02x}, raw = p[at + 2];\n        \
             struct {object} *x;\n{check}        at += {width};\n        if (a >= SLOTS)\n            return 4;\n        \
             switch (op) {{\n{cases}        default:\n            if (op == 0x{trap:02x})\n                \
             abort(); /* not written yet */\n            return 6;\n        }}\n    }}\n    return 0;\n}}\n\n",
            run = n.run,
            m = n.magic,
            object = n.object,
        )
    }

    fn case(&self, case: usize, fixed: bool) -> String {
        let n = &self.names;
        let (slots, end, leave) = (&n.slots, &n.end, &n.leave);
        let held = format!("            if ({slots}[a] == NULL)\n                return 5;\n");
        let body = match case {
            0 => format!(
                "            if ({slots}[a] == NULL)\n                {slots}[a] = {}();\n",
                n.make
            ),
            1 => format!("{held}            {leave}(a);\n"),
            2 => format!(
                "            if (b >= SLOTS || {slots}[a] == NULL)\n                return 5;\n            x = {slots}[a];\n            \
                 if ({slots}[b] != NULL{})\n                {leave}(b);\n            {slots}[b] = x;\n{}",
                if self.has(Mistake::Own, fixed) { "" } else { " && a != b" },
                if self.has(Mistake::Uncounted, fixed) {
                    String::new()
                } else {
                    format!("            x->{}++;\n", n.holders)
                },
            ),
            3 => format!("{held}            {slots}[a]->{}({slots}[a]);\n", n.shown),
            4 => format!(
                "{held}            if (raw > {}) {{\n                {};\n                break;\n            }}\n            \
                 {slots}[a]->{} = raw;\n",
                self.limit,
                if self.has(Mistake::Refused, fixed) {
                    format!("{end}({slots}[a])")
                } else {
                    format!("{leave}(a)")
                },
                n.value
            ),
            // a note takes a cell, too
            5 if self.reuse => format!("            memset({}(), raw, sizeof *x);\n", n.take),
            _ => return String::new(),
        };
        let code = self.codes.get(case).copied().unwrap_or(0);
        format!("        case 0x{code:02x}:\n{body}            break;\n")
    }

    fn main(&self) -> String {
        format!(
            "int main(int argc, char **argv)\n{{\n    FILE *file = argc > 1 ? fopen(argv[1], \"rb\") : NULL;\n\n    \
             if (file == NULL)\n        return 64;\n    size_t size = fread(file_bytes, 1, sizeof file_bytes, file);\n    \
             fclose(file);\n    return {}(file_bytes, size);\n}}\n",
            self.names.run
        )
    }
}

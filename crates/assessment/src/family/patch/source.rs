//! The C source of a generated program.

use super::{Bug, Notes};
use std::collections::BTreeSet;

/// The program, with its names in capitals between `@`.
const TEMPLATE: &str = r#"/* @PROGRAM@: keeps short notes in numbered slots. A generated training target, vulnerable on purpose. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define @SLOTS@ @slots@
#define @WIDTH@ @width@
#define @ROOM@ @room@
#define @UNIT@ @unit@
#define @MOST@ @most@

struct @ROW@ {
    char text[@WIDTH@];
    uint32_t mark;
};

static struct {
    uint32_t before[16];
    struct @ROW@ rows[@SLOTS@];
    uint32_t after[64];
} @TABLE@;

static struct {
    uint32_t before[16];
    int32_t cells[@SLOTS@];
    uint32_t after[16];
} @SUMS@;

static struct {
    char text[@ROOM@];
    uint32_t mark;
} @SCRATCH@;

/* Damage does not go unseen: every mark must be what it was. */
static void damaged(void)
{
    abort();
}

static void look(int set)
{
    for (int i = 0; i < 64; i++) {
        if (set) @TABLE@.after[i] = @MARK@u;
        else if (@TABLE@.after[i] != @MARK@u) damaged();
        if (i >= 16) continue;
        if (set) @TABLE@.before[i] = @SUMS@.before[i] = @SUMS@.after[i] = @MARK@u;
        else if (@TABLE@.before[i] != @MARK@u || @SUMS@.before[i] != @MARK@u || @SUMS@.after[i] != @MARK@u) damaged();
    }
    for (int i = 0; i < @SLOTS@; i++) {
        if (set) @TABLE@.rows[i].mark = @OTHER@u;
        else if (@TABLE@.rows[i].mark != @OTHER@u) damaged();
    }
    if (set) @SCRATCH@.mark = @OTHER@u;
    else if (@SCRATCH@.mark != @OTHER@u) damaged();
}

static const char *word(void)
{
    const char *w = strtok(NULL, " \n");
    return w ? w : "";
}

static int number(void)
{
    return (int)strtol(word(), NULL, 10);
}

static int refuse(void)
{
    return puts("error");
}

static int @PUT@(void)
{
    int slot = number();
    const char *text = word();
    @HIGH@
    @BRIM@
    strcpy(@TABLE@.rows[slot].text, text);
    return printf("kept %d %zu\n", slot, strlen(text));
}

static int @GET@(void)
{
    int slot = number();
    if (slot < 0 || slot >= @SLOTS@) return refuse();
    return printf("%d %s\n", slot, @TABLE@.rows[slot].text[0] ? @TABLE@.rows[slot].text : "empty");
}

static int @ADD@(void)
{
    int slot = number();
    int more = number();
    @LOW@
    @SUMS@.cells[slot] += more;
    return printf("%d %d\n", slot, @SUMS@.cells[slot]);
}

static int @JOIN@(void)
{
    int first = number();
    int second = number();
    if (first < 0 || first >= @SLOTS@ || second < 0 || second >= @SLOTS@) return refuse();
    size_t one = strlen(@TABLE@.rows[first].text);
    size_t two = strlen(@TABLE@.rows[second].text);
    @BOTH@
    strcpy(@SCRATCH@.text, @TABLE@.rows[first].text);
    strcat(@SCRATCH@.text, @TABLE@.rows[second].text);
    return printf("joined %s\n", @SCRATCH@.text);
}

static int @FILL@(void)
{
    int count = number();
    char letter = word()[0];
    if (count < 1 || count > @MOST@ || letter == 0) return refuse();
    @WRAP@
    uint32_t mark = @OTHER@u;
    unsigned char *units = malloc(need + sizeof mark);
    if (!units) return refuse();
    memcpy(units + need, &mark, sizeof mark);
    for (int i = 0; i < count * @UNIT@; i++) units[i] = (unsigned char)(letter + i % 7);
    if (memcmp(units + need, &mark, sizeof mark) != 0) damaged();
    unsigned sum = 0;
    for (uint32_t i = 0; i < need; i++) sum = (sum * 31 + units[i]) & 0xffffff;
    free(units);
    return printf("filled %u\n", sum);
}

int main(void)
{
    static char line[8192];
    look(1);
    while (fgets(line, sizeof line, stdin)) {
        const char *verb = strtok(line, " \n");
        if (!verb) continue;
        if (strcmp(verb, "@PUT@") == 0) @PUT@();
        else if (strcmp(verb, "@GET@") == 0) @GET@();
        else if (strcmp(verb, "@ADD@") == 0) @ADD@();
        else if (strcmp(verb, "@JOIN@") == 0) @JOIN@();
        else if (strcmp(verb, "@FILL@") == 0) @FILL@();
        else refuse();
        look(0);
    }
    return 0;
}
"#;

impl Notes {
    /// The source with these bugs.
    pub(super) fn source(&self, bugs: &BTreeSet<Bug>) -> String {
        let choose = |bug, wrong: &'static str, right: &'static str| {
            if bugs.contains(&bug) { wrong } else { right }
        };
        let lines = [
            (
                "@HIGH@",
                choose(
                    Bug::High,
                    "if (slot < 0) return refuse();",
                    "if (slot < 0 || slot >= @SLOTS@) return refuse();",
                ),
            ),
            (
                "@LOW@",
                choose(
                    Bug::Low,
                    "if (slot >= @SLOTS@) return refuse();",
                    "if (slot < 0 || slot >= @SLOTS@) return refuse();",
                ),
            ),
            (
                "@BRIM@",
                choose(
                    Bug::Brim,
                    "if (strlen(text) > @WIDTH@) return refuse();",
                    "if (strlen(text) >= @WIDTH@) return refuse();",
                ),
            ),
            (
                "@WRAP@",
                choose(
                    Bug::Wrap,
                    "uint16_t need = count * @UNIT@;",
                    "uint32_t need = count * @UNIT@;",
                ),
            ),
            (
                "@BOTH@",
                choose(
                    Bug::Both,
                    "if (one >= @ROOM@ || two >= @ROOM@) return refuse();",
                    "if (one + two >= @ROOM@) return refuse();",
                ),
            ),
        ];
        let mut text = TEMPLATE.to_owned();
        for (mark, line) in lines {
            text = text.replace(mark, line);
        }
        for (mark, name) in self.substitutions() {
            text = text.replace(mark, &name);
        }
        text
    }

    fn substitutions(&self) -> Vec<(&'static str, String)> {
        let name = |i: usize| self.names.get(i).copied().unwrap_or("thing");
        let upper = |i: usize, end: &str| format!("{}_{end}", name(i).to_uppercase());
        let [put, get, add, join, fill] = self.verbs;
        let [mark, other] = self.marks;
        vec![
            ("@PROGRAM@", self.program.to_owned()),
            ("@SLOTS@", upper(1, "SLOTS")),
            ("@WIDTH@", upper(2, "BYTES")),
            ("@ROOM@", upper(3, "ROOM")),
            ("@UNIT@", upper(4, "UNIT")),
            ("@MOST@", upper(5, "MOST")),
            ("@slots@", self.slots.to_string()),
            ("@width@", self.width.to_string()),
            ("@room@", self.room.to_string()),
            ("@unit@", self.unit.to_string()),
            ("@most@", self.most.to_string()),
            ("@ROW@", name(6).to_owned()),
            ("@TABLE@", name(7).to_owned()),
            ("@SUMS@", name(8).to_owned()),
            ("@SCRATCH@", name(9).to_owned()),
            ("@MARK@", mark.to_string()),
            ("@OTHER@", other.to_string()),
            ("@PUT@", put.to_owned()),
            ("@GET@", get.to_owned()),
            ("@ADD@", add.to_owned()),
            ("@JOIN@", join.to_owned()),
            ("@FILL@", fill.to_owned()),
        ]
    }
}

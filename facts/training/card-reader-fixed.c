/* card-reader: reads one record file. The training target with its bound put right. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_BYTES 32

static const unsigned char CARD_MARK[4] = { 0x56, 0x43, 0x52, 0x44 };
static unsigned char file_bytes[4096];

struct card {
    uint16_t colour;
    unsigned char note[NOTE_BYTES];
    volatile uint32_t seal;
};

static void show_note(const struct card *r)
{
    printf("%02x%02x\n", r->note[0], r->note[1]);
}

static int read_card(const unsigned char *p, size_t n)
{
    size_t at = 0;
    static struct card slot;
    struct card *r = &slot;

    r->seal = 0x9d2c5681;
    if (n < sizeof CARD_MARK || memcmp(p, CARD_MARK, sizeof CARD_MARK) != 0)
        return 2;
    at += sizeof CARD_MARK;
    if (n < at + 1)
        return 4;
    if (p[at] != 0x4e)
        return 0;
    at += 1;
    if (n < at + 2)
        return 5;
    unsigned len = p[at] << 8 | p[at + 1];
    at += 2;
    if (len > NOTE_BYTES)
        return 6;
    if (n - at < len)
        return 8;
    for (size_t i = 0; i < len; i++)
        r->note[i] = p[at + i];
    if (r->seal != 0x9d2c5681)
        abort();
    show_note(r);
    return 0;
}

int main(int argc, char **argv)
{
    FILE *f;
    size_t got;

    if (argc != 2)
        return 64;
    f = fopen(argv[1], "rb");
    if (f == NULL)
        return 66;
    got = fread(file_bytes, 1, sizeof file_bytes, f);
    fclose(f);
    return read_card(file_bytes, got);
}

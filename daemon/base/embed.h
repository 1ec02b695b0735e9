/*
 * embed: a file of the source tree as a constant text of the binary, NUL-terminated. The Makefile
 * names each such file beside its object, as no compiler sees what it depends on.
 */
#ifndef CSID_BASE_EMBED_H
#define CSID_BASE_EMBED_H

#define EMBED(name, file)                     \
    extern const char name[];                 \
    __asm__(".pushsection .rodata\n"          \
            ".global " #name "\n" #name ":\n" \
            ".incbin \"" file "\"\n"          \
            ".byte 0\n"                       \
            ".popsection\n")

#endif

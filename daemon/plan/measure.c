#include "plan/measure.h"

static bool read(const char *text, struct fraction *ret)
{
    struct err none;

    return text && fraction_parse(text, ret, &none) == 0;
}

bool measure_figure(const char *stated, const char *count, const char *out_of, struct fraction *ret)
{
    struct fraction n, all;

    if (read(stated, ret))
        return true;
    if (!read(count, &n) || !read(out_of, &all) || all.num == 0)
        return false;
    *ret = (struct fraction){100 * n.num, all.num}; /* both are whole */
    return true;
}

bool measure_misses(struct fraction figure, struct fraction target, bool lower_is_better)
{
    int order = fraction_compare(figure, target);

    return lower_is_better ? order > 0 : order < 0;
}

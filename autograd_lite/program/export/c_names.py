"""Names that a function in a C file cannot have, or had better not: those of C's and C++'s language and library.

The library's are as reserved as keywords are: a function called ``floor`` does not compile beside ``math.h``, and
one called ``free`` would be called by everyone.
"""

from __future__ import annotations

import re

_KEYWORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while

    alignas alignof and and_eq asm bitand bitor bool catch char16_t char32_t char8_t class co_await co_return
    co_yield compl concept const_cast consteval constexpr constinit decltype delete dynamic_cast explicit export
    false friend mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public
    reinterpret_cast requires static_assert static_cast template this thread_local throw true try typeid
    typename typeof typeof_unqual using virtual wchar_t xor xor_eq linux unix
"""

_MATH = """
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp10 exp2 expm1 fabs fdim
    floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint
    lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round scalbln scalbn sin sincos
    sinh sqrt tan tanh tgamma trunc drem finite gamma j0 j1 jn scalb significand y0 y1 yn roundeven cabs carg
    cimag conj cproj creal cacos cacosh casin casinh catan catanh ccos ccosh cexp clog cpow csin csinh csqrt
    ctan ctanh

    canonicalize clog10 fmaximum fmaximum_mag fmaximum_mag_num fmaximum_num fmaxmag fminimum fminimum_mag
    fminimum_mag_num fminimum_num fminmag fromfp fromfpx getpayload llogb nextdown nextup pow10 setpayload
    setpayloadsig totalorder totalordermag ufromfp ufromfpx
"""

# What the library puts behind the name of a function of double: for other floats, and with a place for the sign.
_FLOATS = ("", "f", "l", "f16", "f32", "f64", "f128", "f32x", "f64x", "f128x")
_KINDS = [kind + again for kind in _FLOATS for again in ("", "_r")]


_LIBRARY = """
    fpclassify isfinite isgreater isgreaterequal isinf isless islessequal islessgreater isnan isnormal
    isunordered signbit signgam double_t float_t math_errhandling abort abs aligned_alloc asctime assert
    at_quick_exit atexit atof atoi atol atoll bsearch btowc calloc clearerr clock ctime difftime div errno exit
    fclose fdopen feof ferror fflush fgetc fgetpos fgets fgetwc fgetws fopen fprintf fputc fputs fputwc fputws
    fread free freopen fscanf fseek fsetpos ftell fwide fwprintf fwrite fwscanf getc getchar getenv gets getwc
    getwchar gmtime imaxabs imaxdiv index isalnum isalpha isascii isblank iscntrl isdigit isgraph islower
    isprint ispunct isspace isupper isxdigit labs ldiv llabs lldiv localeconv localtime longjmp main malloc
    mblen mbrlen mbrtowc mbsinit mbsrtowcs mbstowcs mbtowc mktime offsetof perror printf putc putchar puts putwc
    putwchar qsort quick_exit raise rand realloc remove rename rewind rindex scanf setbuf setjmp setlocale
    setvbuf signal snprintf sprintf srand sscanf stderr stdin stdout swprintf swscanf system time tmpfile tmpnam
    toascii tolower toupper ungetc ungetwc va_arg va_copy va_end va_start vfprintf vfscanf vfwprintf vprintf
    vscanf vsnprintf vsprintf vsscanf vswprintf vwprintf wcrtomb wctob wctomb wmemchr wmemcmp wmemcpy wmemmove
    wmemset wprintf wscanf alloca bcmp bcopy bzero close dprintf exec execl execv fork getpid open pipe read
    write kill link random select sleep stat unlink wait matherr
"""

_MACROS = """
    INFINITY NAN NULL EOF BUFSIZ RAND_MAX HUGE_VAL HUGE_VALF HUGE_VALL EXIT_SUCCESS EXIT_FAILURE
"""

# Whole families of names that the standard keeps for itself.
_FAMILIES = re.compile(
    r"(str|mem|wcs)[a-z]\w*|(atomic|cnd|mtx|thrd|tss|fe|sig)_\w+|(FP|FE|INT|DBL|FLT|M|SIG|LC|MATH)_\w+"
    r"|fe[a-z]*except[a-z]*|fe(get|set|update|hold)(env|mode|round)"  # of the floating-point environment
    r"|(f|d|f32x?|f64x?)(add|div|fma|mul|sqrt|sub)(l|f\d+x?)?"  # that round once, to a narrower float
)

_TAKEN = {*_KEYWORDS.split(), *_LIBRARY.split(), *_MACROS.split()}
_TAKEN |= {name + kind for name in _MATH.split() for kind in _KINDS}


def is_taken(name: str) -> bool:
    """Tell whether C or C++ has a use for a name of its own.

    >>> [is_taken(name) for name in ["floor", "floorf", "class", "strange", "my_loss"]]
    [True, True, True, True, False]
    """
    return name in _TAKEN or _FAMILIES.fullmatch(name) is not None

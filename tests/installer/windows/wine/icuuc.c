/* The part of Windows 10's ICU that Qt is linked to, for wine 8, which has none: there is no converter of any name.

   Qt asks for one only for text that is neither Unicode nor Latin 1. */

#define EXPORT __declspec(dllexport)
#define NOT_FOUND 2 /* U_FILE_ACCESS_ERROR, what ICU tells where it has no such converter */

EXPORT void *ucnv_open(const char *name, int *status)
{
    (void)name;
    *status = NOT_FOUND;
    return 0;
}

EXPORT int ucnv_countAvailable(void)
{
    return 0;
}

EXPORT const char *ucnv_getAvailableName(int number)
{
    (void)number;
    return 0;
}

EXPORT const char *ucnv_getStandardName(const char *name, const char *standard, int *status)
{
    (void)name, (void)standard;
    *status = NOT_FOUND;
    return 0;
}

/* Without a converter nobody calls these; the linker of Windows wants them all the same. */
#define NEVER(name) \
    EXPORT void name(void) \
    { \
    }
NEVER(UCNV_FROM_U_CALLBACK_SUBSTITUTE)
NEVER(UCNV_TO_U_CALLBACK_SUBSTITUTE)
NEVER(ucnv_cbFromUWriteUChars)
NEVER(ucnv_cbToUWriteUChars)
NEVER(ucnv_close)
NEVER(ucnv_fromUCountPending)
NEVER(ucnv_fromUnicode)
NEVER(ucnv_getFromUCallBack)
NEVER(ucnv_getMaxCharSize)
NEVER(ucnv_getName)
NEVER(ucnv_getToUCallBack)
NEVER(ucnv_reset)
NEVER(ucnv_setFromUCallBack)
NEVER(ucnv_setToUCallBack)
NEVER(ucnv_toUCountPending)
NEVER(ucnv_toUnicode)

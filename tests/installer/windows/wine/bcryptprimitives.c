/* The random numbers of Windows 10 for wine 8, which has none by this name: see ProcessPrng in Microsoft's reference. */

#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(unsigned char *data, SIZE_T length)
{
    return RtlGenRandom(data, (ULONG)length);
}

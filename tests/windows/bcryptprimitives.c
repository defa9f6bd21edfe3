/*
 * Rust's standard library takes its random numbers from bcryptprimitives.dll,
 * which every Windows has and Debian's Wine 8 has not. This stands in, beside
 * the program.
 */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    const SIZE_T most = 1 << 20;
    while (length > 0) {
        ULONG part = (ULONG)(length < most ? length : most);
        if (!RtlGenRandom(data, part))
            return FALSE;
        data += part;
        length -= part;
    }
    return TRUE;
}

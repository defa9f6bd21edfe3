/*
 * holder MILLISECONDS FILE has a file open for so long as a spreadsheet has:
 * others may read it. What a shell on Linux cannot do to a Windows program.
 */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

int wmain(int count, wchar_t **words)
{
    if (count != 3) {
        fputs("holder MILLISECONDS FILE\n", stderr);
        return 2;
    }
    HANDLE held = CreateFileW(words[2], GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (held == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "holder: error %lu\n", GetLastError());
        return 1;
    }
    puts("held");
    fflush(stdout);
    Sleep((DWORD)_wtoi(words[1]));
    CloseHandle(held);
    return 0;
}

/* Starts Enroller in the Python that lies beside it, so that Windows shows our name and icon, and not Python's.

   Compiled twice, with the macros
     TITLE     what people call it                           L"Enroller"
     LIBRARY   Python's library in the folder python\        L"python313.dll"
     WORDS     what Python is told before our own arguments  L"-m", L"enroller"
     WINDOWED  for the program without a console
   The library is loaded by its full path, and what it needs from its own folder and the system's alone: a file of
   that name in the current folder or on the search path is never looked at. */

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#define LONGEST 32768 /* characters of a path: Microsoft, "Maximum Path Length Limitation" */
#define NEEDED L"\\python\\" LIBRARY

int _dowildcard = 0; /* an asterisk in an argument is the program's to understand */

typedef int (*python_main)(int, wchar_t **);

static int broken(const wchar_t *what)
{
    static wchar_t text[LONGEST + 200];
    swprintf(text, sizeof text / sizeof *text, L"%ls cannot start: %ls (error %lu). Install it again.", TITLE, what,
             GetLastError());
#ifdef WINDOWED
    MessageBoxW(NULL, text, TITLE, MB_ICONERROR | MB_OK);
#else
    fwprintf(stderr, L"%ls\n", text);
#endif
    return 1;
}

static HMODULE load_python(void)
{
    static wchar_t path[LONGEST];
    DWORD length = GetModuleFileNameW(NULL, path, LONGEST);
    wchar_t *name = length && length < LONGEST ? wcsrchr(path, L'\\') : NULL;
    if (!name || (size_t)(name - path) + wcslen(NEEDED) >= LONGEST)
        return NULL;
    wcscpy(name, NEEDED);
    return LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
}

static int start(int count, wchar_t **arguments)
{
    wchar_t *first[] = {arguments[0], WORDS};
    int given = sizeof first / sizeof *first;
    wchar_t **all = calloc(given + count, sizeof *all); /* one more than arguments: the end is a null pointer */
    HMODULE python = load_python();
    python_main run;
    if (!python || !all)
        return broken(L"its file python\\" LIBRARY L" is missing or damaged");
    run = (python_main)(void *)GetProcAddress(python, "Py_Main");
    if (!run)
        return broken(L"its file python\\" LIBRARY L" is another version's");
    memcpy(all, first, sizeof first);
    memcpy(all + given, arguments + 1, (count - 1) * sizeof *all);
    return run(given + count - 1, all);
}

#ifdef WINDOWED
int WINAPI wWinMain(HINSTANCE ours, HINSTANCE none, wchar_t *line, int show)
{
    (void)ours, (void)none, (void)line, (void)show;
    return start(__argc, __wargv);
}
#else
int wmain(int count, wchar_t **arguments)
{
    return start(count, arguments);
}
#endif

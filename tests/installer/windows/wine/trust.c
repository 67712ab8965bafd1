/* trust.exe FILE: lets this user's Windows trust a root certificate (DER), as an administrator's policy would. */

#include <stdio.h>
#include <windows.h>
#include <wincrypt.h>

int main(int count, char **arguments)
{
    static unsigned char data[65536];
    FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
    size_t length = file ? fread(data, 1, sizeof data, file) : 0;
    HCERTSTORE roots = CertOpenSystemStoreW(0, L"ROOT");
    return length && roots
               && CertAddEncodedCertificateToStore(roots, X509_ASN_ENCODING, data, (DWORD)length,
                                                   CERT_STORE_ADD_REPLACE_EXISTING, NULL)
               && CertCloseStore(roots, 0)
           ? 0
           : 1;
}

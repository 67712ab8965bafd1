#!/bin/sh
# Signs, notarizes and staples what the build has made. Not verified: no Mac has run it.
#
#   sign.sh bundle APP ENTITLEMENTS    signs a bundle, what is inside first      ENROLLER_SIGN_APPLICATION
#   sign.sh package PKG SIGNED         signs an installer into another file      ENROLLER_SIGN_INSTALLER
#   sign.sh notarize PKG               has Apple check it, and staples the word  ENROLLER_NOTARY_PROFILE
#
# The variables name identities and a profile in the keychain (`xcrun notarytool store-credentials`); no secret is an
# argument or a variable. Each step is skipped with a notice where its variable is not set; it ends with 3 then.
set -eu

readonly SKIPPED=3

skip_without() { # VALUE NAME WHAT
    if [ -z "$1" ]; then
        echo "$3 is skipped: $2 names nothing." >&2
        exit "$SKIPPED"
    fi
}

sign_file() { # FILE [MORE OPTIONS]
    file=$1
    shift
    codesign --force --timestamp --options runtime "$@" --sign "$ENROLLER_SIGN_APPLICATION" "$file"
}

sign_bundle() { # APP ENTITLEMENTS
    skip_without "${ENROLLER_SIGN_APPLICATION:-}" ENROLLER_SIGN_APPLICATION "Signing the bundle"
    # From the inside out: a signature covers those of what lies below it. Programs need the entitlements, libraries none.
    find "$1/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print | while IFS= read -r library; do
        sign_file "$library"
    done
    find "$1/Contents/Frameworks" -depth -type d -name '*.framework' -print 2>/dev/null | while IFS= read -r framework; do
        sign_file "$framework"
    done
    find "$1/Contents/MacOS" -type f -perm -u+x -print | while IFS= read -r program; do
        sign_file "$program" --entitlements "$2"
    done
    sign_file "$1" --entitlements "$2"
    codesign --verify --deep --strict --verbose=2 "$1"
}

sign_package() { # PKG SIGNED
    skip_without "${ENROLLER_SIGN_INSTALLER:-}" ENROLLER_SIGN_INSTALLER "Signing the package"
    productsign --timestamp --sign "$ENROLLER_SIGN_INSTALLER" "$1" "$2"
    pkgutil --check-signature "$2"
}

notarize() { # PKG
    skip_without "${ENROLLER_NOTARY_PROFILE:-}" ENROLLER_NOTARY_PROFILE "Notarization"
    xcrun notarytool submit "$1" --keychain-profile "$ENROLLER_NOTARY_PROFILE" --wait
    xcrun stapler staple "$1"
    xcrun stapler validate "$1"
    spctl --assess --type install --verbose=2 "$1"
}

case "${1:-} $#" in
    "bundle 3") sign_bundle "$2" "$3" ;;
    "package 3") sign_package "$2" "$3" ;;
    "notarize 2") notarize "$2" ;;
    *)
        sed -n '4,6s/^#   //p' "$0" >&2
        exit 2
        ;;
esac

"""The wizard's pages, a file each. A page fills the draft and paints snapshots; it decides nothing."""

"""Images at other sizes, and images seen through a grid."""

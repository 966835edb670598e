//! Conversions between stored objects and EAS classes.

"""The frame of the CTMS: a floor under the rooms (sites, enrollment, monitoring, finance, audit) and a roof over them."""

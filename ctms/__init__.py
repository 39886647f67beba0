"""The frame: a floor under the rooms (sites, enrollment, monitoring, finance, audit) and a roof over them."""

"""Reading tables that people keep about their sites: CSV and XLSX in, rows and what is wrong with them out."""

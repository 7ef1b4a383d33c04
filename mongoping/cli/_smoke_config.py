def of_file(given, options):
    return None

import os

import listen

os.environ["OS_PLACEMENT_CONFIG_DIR"] = str(listen.folder)

from placement.wsgi.api import application

listen.serve(application)

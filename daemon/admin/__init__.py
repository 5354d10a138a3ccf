"""What monitoring asks the daemon: is it alive, is it ready, and how are things?"""

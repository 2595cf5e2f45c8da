-- MySQL dump 10.13  Distrib 8.4.5, for Linux (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version	8.4.5

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;
SET @@SESSION.SQL_LOG_BIN= 0;

--
-- GTID state at the beginning of the backup 
--

SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-23';

--
-- Current Database: `shop`
--

CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */;

USE `shop`;

--
-- Temporary table structure for view `wp_a_first`
--

DROP TABLE IF EXISTS `wp_a_first`;
/*!50001 DROP VIEW IF EXISTS `wp_a_first`*/;
SET @saved_cs_client     = @@character_set_client;
SET character_set_client = utf8mb4;
/*!50001 CREATE VIEW `wp_a_first` AS SELECT
 NULL AS `ID` */;
SET character_set_client = @saved_cs_client;

--
-- Table structure for table `wp_child`
--

DROP TABLE IF EXISTS `wp_child`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `wp_child` (
  `id` int NOT NULL,
  `parent` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `belongs` (`parent`),
  CONSTRAINT `belongs` FOREIGN KEY (`parent`) REFERENCES `wp_parent` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `wp_child`
--

LOCK TABLES `wp_child` WRITE;
/*!40000 ALTER TABLE `wp_child` DISABLE KEYS */;
INSERT INTO `wp_child` VALUES (2,NULL),
(1,1);
/*!40000 ALTER TABLE `wp_child` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `wp_kinds`
--

DROP TABLE IF EXISTS `wp_kinds`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `wp_kinds` (
  `id` int NOT NULL,
  `a` bit(9) DEFAULT b'101',
  `b` blob DEFAULT NULL,
  `c` decimal(30,10) DEFAULT NULL,
  `d` double DEFAULT NULL,
  `e` enum('x','y''z','ü') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL,
  `f` set('p','q') DEFAULT NULL,
  `g` json DEFAULT NULL,
  `h` timestamp NULL DEFAULT NULL,
  `i` datetime(6) DEFAULT NULL,
  `j` year DEFAULT NULL,
  `k` time DEFAULT NULL,
  `l` binary(4) DEFAULT NULL,
  `m` varbinary(20) DEFAULT NULL,
  `n` bigint unsigned DEFAULT NULL,
  `o` tinyint(1) DEFAULT NULL,
  `sum_on` int GENERATED ALWAYS AS ((`id` + 1)) VIRTUAL,
  `sum_kept` varchar(30) GENERATED ALWAYS AS (concat(_utf8mb4'n',`id`)) STORED,
  PRIMARY KEY (`id`),
  KEY `kept` (`sum_kept`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `wp_kinds`
--

LOCK TABLES `wp_kinds` WRITE;
/*!40000 ALTER TABLE `wp_kinds` DISABLE KEYS */;
INSERT INTO `wp_kinds` (`id`, `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, `i`, `j`, `k`, `l`, `m`, `n`, `o`) VALUES (0,_binary '�',_binary '\0�\Z\'\"\\\n;\r',12345678901234567890.5000000000,1e-300,'y\'z','p,q','{\"a\": \"\\u00fc\", \"b\": [1, null]}','2020-01-01 00:00:00','2021-02-03 04:05:06.789000',1999,'-12:34:56',_binary '\0',_binary '�(��',18446744073709551615,1),(5,NULL,_binary '',NULL,-0.1,NULL,NULL,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
/*!40000 ALTER TABLE `wp_kinds` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `wp_legacy`
--

DROP TABLE IF EXISTS `wp_legacy`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `wp_legacy` (
  `id` int NOT NULL AUTO_INCREMENT,
  `plain` varchar(50) DEFAULT NULL,
  `utf8` text DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=MyISAM AUTO_INCREMENT=3 DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `wp_legacy`
--

LOCK TABLES `wp_legacy` WRITE;
/*!40000 ALTER TABLE `wp_legacy` DISABLE KEYS */;
INSERT INTO `wp_legacy` VALUES (1,'abc','GrÃ¼ÃŸe'),
(2,'x','ascii');
/*!40000 ALTER TABLE `wp_legacy` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `wp_nokey`
--

DROP TABLE IF EXISTS `wp_nokey`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `wp_nokey` (
  `a` varchar(20) DEFAULT NULL,
  `b` int DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `wp_nokey`
--

LOCK TABLES `wp_nokey` WRITE;
/*!40000 ALTER TABLE `wp_nokey` DISABLE KEYS */;
INSERT INTO `wp_nokey` VALUES ('same',1),
('same',1),
(NULL,NULL);
/*!40000 ALTER TABLE `wp_nokey` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `wp_odd ``name`
--

DROP TABLE IF EXISTS `wp_odd ``name`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `wp_odd ``name` (
  `order` int NOT NULL,
  `a b` varchar(5) DEFAULT NULL,
  PRIMARY KEY (`order`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='it''s; odd';
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `wp_odd ``name`
--

LOCK TABLES `wp_odd ``name` WRITE;
/*!40000 ALTER TABLE `wp_odd ``name` DISABLE KEYS */;
INSERT INTO `wp_odd ``name` VALUES (1,'x');
/*!40000 ALTER TABLE `wp_odd ``name` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `wp_options`
--

DROP TABLE IF EXISTS `wp_options`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `wp_options` (
  `option_id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `option_name` varchar(191) NOT NULL DEFAULT '',
  `option_value` longtext NOT NULL,
  `autoload` varchar(20) NOT NULL DEFAULT 'yes',
  PRIMARY KEY (`option_id`),
  UNIQUE KEY `option_name` (`option_name`),
  KEY `autoload` (`autoload`)
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `wp_options`
--

LOCK TABLES `wp_options` WRITE;
/*!40000 ALTER TABLE `wp_options` DISABLE KEYS */;
INSERT INTO `wp_options` VALUES (1,'siteurl','https://shop.example','yes'),
(2,'home','https://shop.example','yes'),
(3,'active_plugins','a:1:{i:0;s:19:\"akismet/akismet.php\";}','yes'),
(4,'widget_text','a:2:{i:2;a:2:{s:5:\"title\";s:8:\"Grüße\";s:4:\"text\";s:38:\"See https://shop.example/widget 🎭 \'x\'\";}s:12:\"_multiwidget\";i:1;}','no');
/*!40000 ALTER TABLE `wp_options` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `wp_parent`
--

DROP TABLE IF EXISTS `wp_parent`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `wp_parent` (
  `id` int NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `wp_parent`
--

LOCK TABLES `wp_parent` WRITE;
/*!40000 ALTER TABLE `wp_parent` DISABLE KEYS */;
INSERT INTO `wp_parent` VALUES (1);
/*!40000 ALTER TABLE `wp_parent` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `wp_posts`
--

DROP TABLE IF EXISTS `wp_posts`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `wp_posts` (
  `ID` bigint unsigned NOT NULL AUTO_INCREMENT,
  `post_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `post_content` longtext NOT NULL,
  `post_title` text NOT NULL,
  `post_status` varchar(20) NOT NULL DEFAULT 'publish',
  PRIMARY KEY (`ID`),
  FULLTEXT KEY `words` (`post_title`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `wp_posts`
--

LOCK TABLES `wp_posts` WRITE;
/*!40000 ALTER TABLE `wp_posts` DISABLE KEYS */;
INSERT INTO `wp_posts` VALUES (1,'2020-02-29 12:00:00','<!-- wp:image {\"url\":\"https:\\/\\/shop.example\\/a.png\"} -->\r\n<p>It\'s \"here\"; -- not a comment /* nor this */ # nor that</p>\n	tab \\ backslash % _ \0 nul \Z end','Grüße 🎭','publish'),
(2,'0000-00-00 00:00:00','','DELIMITER ;;','draft'),
(3,'2021-01-01 00:00:00','line one\nDELIMITER $$\nCREATE TABLE x (a INT);\nlong; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; ','ends with backslash \\','publish');
/*!40000 ALTER TABLE `wp_posts` ENABLE KEYS */;
UNLOCK TABLES;
/*!50003 SET @saved_cs_client      = @@character_set_client */ ;
/*!50003 SET @saved_cs_results     = @@character_set_results */ ;
/*!50003 SET @saved_col_connection = @@collation_connection */ ;
/*!50003 SET character_set_client  = utf8mb4 */ ;
/*!50003 SET character_set_results = utf8mb4 */ ;
/*!50003 SET collation_connection  = utf8mb4_general_ci */ ;
/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;
/*!50003 SET sql_mode              = 'NO_AUTO_VALUE_ON_ZERO' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER wp_stamp BEFORE INSERT ON wp_posts FOR EACH ROW BEGIN SET NEW.post_title = TRIM(NEW.post_title); END 
*/;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
/*!50003 SET character_set_client  = @saved_cs_client */ ;
/*!50003 SET character_set_results = @saved_cs_results */ ;
/*!50003 SET collation_connection  = @saved_col_connection */ ;

--
-- Temporary table structure for view `wp_published`
--

DROP TABLE IF EXISTS `wp_published`;
/*!50001 DROP VIEW IF EXISTS `wp_published`*/;
SET @saved_cs_client     = @@character_set_client;
SET character_set_client = utf8mb4;
/*!50001 CREATE VIEW `wp_published` AS SELECT
 NULL AS `ID`,
 NULL AS `post_title` */;
SET character_set_client = @saved_cs_client;

--
-- Final view structure for view `wp_a_first`
--

/*!50001 DROP VIEW IF EXISTS `wp_a_first`*/;
/*!50001 SET @saved_cs_client          = @@character_set_client */;
/*!50001 SET @saved_cs_results         = @@character_set_results */;
/*!50001 SET @saved_col_connection     = @@collation_connection */;
/*!50001 SET character_set_client      = utf8mb4 */;
/*!50001 SET character_set_results     = utf8mb4 */;
/*!50001 SET collation_connection      = utf8mb4_general_ci */;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */
/*!50001 VIEW `wp_a_first` AS select `wp_published`.`ID` AS `ID` from `wp_published` */;
/*!50001 SET character_set_client      = @saved_cs_client */;
/*!50001 SET character_set_results     = @saved_cs_results */;
/*!50001 SET collation_connection      = @saved_col_connection */;

--
-- Final view structure for view `wp_published`
--

/*!50001 DROP VIEW IF EXISTS `wp_published`*/;
/*!50001 SET @saved_cs_client          = @@character_set_client */;
/*!50001 SET @saved_cs_results         = @@character_set_results */;
/*!50001 SET @saved_col_connection     = @@collation_connection */;
/*!50001 SET character_set_client      = utf8mb4 */;
/*!50001 SET character_set_results     = utf8mb4 */;
/*!50001 SET collation_connection      = utf8mb4_general_ci */;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`somebody`@`localhost` SQL SECURITY DEFINER */
/*!50001 VIEW `wp_published` AS select `p`.`ID` AS `ID`,`p`.`post_title` AS `post_title` from `wp_posts` `p` where `p`.`post_status` = 'publish' */;
/*!50001 SET character_set_client      = @saved_cs_client */;
/*!50001 SET character_set_results     = @saved_cs_results */;
/*!50001 SET collation_connection      = @saved_col_connection */;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on 2026-11-22 22:22:55

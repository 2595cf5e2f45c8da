-- phpMyAdmin SQL Dump
-- version 5.2.1deb1+deb12u1
-- https://www.phpmyadmin.net/
--
-- Host: localhost
-- Generation Time: Nov 22, 2026 at 10:20 PM
-- Server version: 10.11.19-MariaDB-0+deb12u1
-- PHP Version: 8.2.36

SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";
START TRANSACTION;
SET time_zone = "+00:00";


/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;

--
-- Database: `shop`
--

DELIMITER $$
--
-- Procedures
--
CREATE DEFINER=`root`@`localhost` PROCEDURE `wp_clean` ()   BEGIN DELETE FROM wp_posts WHERE post_status = 'trash'; END$$

--
-- Functions
--
CREATE DEFINER=`root`@`localhost` FUNCTION `wp_one` () RETURNS INT(11) DETERMINISTIC RETURN 1$$

DELIMITER ;

-- --------------------------------------------------------

--
-- Stand-in structure for view `wp_a_first`
-- (See below for the actual view)
--
CREATE TABLE `wp_a_first` (
`ID` bigint(20) unsigned
);

-- --------------------------------------------------------

--
-- Table structure for table `wp_child`
--

CREATE TABLE `wp_child` (
  `id` int(11) NOT NULL,
  `parent` int(11) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--
-- Dumping data for table `wp_child`
--

INSERT INTO `wp_child` (`id`, `parent`) VALUES
(2, NULL),
(1, 1);

-- --------------------------------------------------------

--
-- Table structure for table `wp_kinds`
--

CREATE TABLE `wp_kinds` (
  `id` int(11) NOT NULL,
  `a` bit(9) DEFAULT b'101',
  `b` blob DEFAULT NULL,
  `c` decimal(30,10) DEFAULT NULL,
  `d` double DEFAULT NULL,
  `e` enum('x','y''z','ü') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL,
  `f` set('p','q') DEFAULT NULL,
  `g` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`g`)),
  `h` timestamp NULL DEFAULT NULL,
  `i` datetime(6) DEFAULT NULL,
  `j` year(4) DEFAULT NULL,
  `k` time DEFAULT NULL,
  `l` binary(4) DEFAULT NULL,
  `m` varbinary(20) DEFAULT NULL,
  `n` bigint(20) UNSIGNED DEFAULT NULL,
  `o` tinyint(1) DEFAULT NULL,
  `sum_on` int(11) GENERATED ALWAYS AS (`id` + 1) VIRTUAL,
  `sum_kept` varchar(30) GENERATED ALWAYS AS (concat('n',`id`)) STORED
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--
-- Dumping data for table `wp_kinds`
--

INSERT INTO `wp_kinds` (`id`, `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, `i`, `j`, `k`, `l`, `m`, `n`, `o`) VALUES
(0, b'111111111', 0x00ff1a27225c0a3b0d, 12345678901234567890.5000000000, 1e-300, 'y\'z', 'p,q', '{\"a\": \"\\u00fc\", \"b\": [1, null]}', '2020-01-01 00:00:00', '2021-02-03 04:05:06.789000', '1999', '-12:34:56', 0x00010203, 0xe228a1ff, 18446744073709551615, 1),
(5, NULL, '', NULL, -0.1, NULL, NULL, '[]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- --------------------------------------------------------

--
-- Table structure for table `wp_legacy`
--

CREATE TABLE `wp_legacy` (
  `id` int(11) NOT NULL,
  `plain` varchar(50) DEFAULT NULL,
  `utf8` text DEFAULT NULL
) ENGINE=MyISAM DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;

--
-- Dumping data for table `wp_legacy`
--

INSERT INTO `wp_legacy` (`id`, `plain`, `utf8`) VALUES
(1, 'abc', 'GrÃ¼ÃŸe'),
(2, 'x', 'ascii');

-- --------------------------------------------------------

--
-- Table structure for table `wp_nokey`
--

CREATE TABLE `wp_nokey` (
  `a` varchar(20) DEFAULT NULL,
  `b` int(11) DEFAULT NULL
) ENGINE=Aria DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--
-- Dumping data for table `wp_nokey`
--

INSERT INTO `wp_nokey` (`a`, `b`) VALUES
('same', 1),
('same', 1),
(NULL, NULL);

-- --------------------------------------------------------

--
-- Table structure for table `wp_odd ``name`
--

CREATE TABLE `wp_odd ``name` (
  `order` int(11) NOT NULL,
  `a b` varchar(5) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='it''s; odd';

--
-- Dumping data for table `wp_odd ``name`
--

INSERT INTO `wp_odd ``name` (`order`, `a b`) VALUES
(1, 'x');

-- --------------------------------------------------------

--
-- Table structure for table `wp_options`
--

CREATE TABLE `wp_options` (
  `option_id` bigint(20) UNSIGNED NOT NULL,
  `option_name` varchar(191) NOT NULL DEFAULT '',
  `option_value` longtext NOT NULL,
  `autoload` varchar(20) NOT NULL DEFAULT 'yes'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

--
-- Dumping data for table `wp_options`
--

INSERT INTO `wp_options` (`option_id`, `option_name`, `option_value`, `autoload`) VALUES
(1, 'siteurl', 'https://shop.example', 'yes'),
(2, 'home', 'https://shop.example', 'yes'),
(3, 'active_plugins', 'a:1:{i:0;s:19:\"akismet/akismet.php\";}', 'yes'),
(4, 'widget_text', 'a:2:{i:2;a:2:{s:5:\"title\";s:8:\"Grüße\";s:4:\"text\";s:38:\"See https://shop.example/widget 🎭 \'x\'\";}s:12:\"_multiwidget\";i:1;}', 'no');

-- --------------------------------------------------------

--
-- Table structure for table `wp_parent`
--

CREATE TABLE `wp_parent` (
  `id` int(11) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

--
-- Dumping data for table `wp_parent`
--

INSERT INTO `wp_parent` (`id`) VALUES
(1);

-- --------------------------------------------------------

--
-- Table structure for table `wp_posts`
--

CREATE TABLE `wp_posts` (
  `ID` bigint(20) UNSIGNED NOT NULL,
  `post_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `post_content` longtext NOT NULL,
  `post_title` text NOT NULL,
  `post_status` varchar(20) NOT NULL DEFAULT 'publish'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

--
-- Dumping data for table `wp_posts`
--

INSERT INTO `wp_posts` (`ID`, `post_date`, `post_content`, `post_title`, `post_status`) VALUES
(1, '2020-02-29 12:00:00', '<!-- wp:image {\"url\":\"https:\\/\\/shop.example\\/a.png\"} -->\r\n<p>It\'s \"here\"; -- not a comment /* nor this */ # nor that</p>\n	tab \\ backslash % _ \0 nul \Z end', 'Grüße 🎭', 'publish'),
(2, '0000-00-00 00:00:00', '', 'DELIMITER ;;', 'draft'),
(3, '2021-01-01 00:00:00', 'line one\nDELIMITER $$\nCREATE TABLE x (a INT);\nlong; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; long; ', 'ends with backslash \\', 'publish');

--
-- Triggers `wp_posts`
--
DELIMITER $$
CREATE TRIGGER `wp_stamp` BEFORE INSERT ON `wp_posts` FOR EACH ROW BEGIN SET NEW.post_title = TRIM(NEW.post_title); END
$$
DELIMITER ;

-- --------------------------------------------------------

--
-- Stand-in structure for view `wp_published`
-- (See below for the actual view)
--
CREATE TABLE `wp_published` (
`ID` bigint(20) unsigned
,`post_title` text
);

-- --------------------------------------------------------

--
-- Structure for view `wp_a_first`
--
DROP TABLE IF EXISTS `wp_a_first`;

CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `wp_a_first`  AS SELECT `wp_published`.`ID` AS `ID` FROM `wp_published` ;

-- --------------------------------------------------------

--
-- Structure for view `wp_published`
--
DROP TABLE IF EXISTS `wp_published`;

CREATE ALGORITHM=UNDEFINED DEFINER=`somebody`@`localhost` SQL SECURITY DEFINER VIEW `wp_published`  AS SELECT `p`.`ID` AS `ID`, `p`.`post_title` AS `post_title` FROM `wp_posts` AS `p` WHERE `p`.`post_status` = 'publish' ;

--
-- Indexes for dumped tables
--

--
-- Indexes for table `wp_child`
--
ALTER TABLE `wp_child`
  ADD PRIMARY KEY (`id`),
  ADD KEY `belongs` (`parent`);

--
-- Indexes for table `wp_kinds`
--
ALTER TABLE `wp_kinds`
  ADD PRIMARY KEY (`id`),
  ADD KEY `kept` (`sum_kept`);

--
-- Indexes for table `wp_legacy`
--
ALTER TABLE `wp_legacy`
  ADD PRIMARY KEY (`id`);

--
-- Indexes for table `wp_odd ``name`
--
ALTER TABLE `wp_odd ``name`
  ADD PRIMARY KEY (`order`);

--
-- Indexes for table `wp_options`
--
ALTER TABLE `wp_options`
  ADD PRIMARY KEY (`option_id`),
  ADD UNIQUE KEY `option_name` (`option_name`),
  ADD KEY `autoload` (`autoload`);

--
-- Indexes for table `wp_parent`
--
ALTER TABLE `wp_parent`
  ADD PRIMARY KEY (`id`);

--
-- Indexes for table `wp_posts`
--
ALTER TABLE `wp_posts`
  ADD PRIMARY KEY (`ID`);
ALTER TABLE `wp_posts` ADD FULLTEXT KEY `words` (`post_title`);

--
-- AUTO_INCREMENT for dumped tables
--

--
-- AUTO_INCREMENT for table `wp_legacy`
--
ALTER TABLE `wp_legacy`
  MODIFY `id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=3;

--
-- AUTO_INCREMENT for table `wp_options`
--
ALTER TABLE `wp_options`
  MODIFY `option_id` bigint(20) UNSIGNED NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=5;

--
-- AUTO_INCREMENT for table `wp_posts`
--
ALTER TABLE `wp_posts`
  MODIFY `ID` bigint(20) UNSIGNED NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=4;

--
-- Constraints for dumped tables
--

--
-- Constraints for table `wp_child`
--
ALTER TABLE `wp_child`
  ADD CONSTRAINT `belongs` FOREIGN KEY (`parent`) REFERENCES `wp_parent` (`id`) ON DELETE CASCADE;

DELIMITER $$
--
-- Events
--
CREATE DEFINER=`root`@`localhost` EVENT `wp_nightly` ON SCHEDULE EVERY 1 DAY STARTS '2026-11-22 22:18:50' ON COMPLETION NOT PRESERVE ENABLE DO CALL wp_clean()$$

DELIMITER ;
COMMIT;

/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
